// drivers/acpi/scan.c, and which firmware a bus asks
import { describe, expect, test } from 'vitest';
import {
  apply,
  base,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  type Kconfig,
} from '../../../../src/linux/index.ts';
import { designOf } from '../../../../src/series/index.ts';
import { imbalances } from '../../lab.ts';
import { type AcpiPlan, inAcpiLab, named, single, smmuV3 } from './acpi-lab.ts';

const smmu = smmuV3(0x100);
const plan: AcpiPlan = {
  iort: [smmu, named('\\_SB_.DEV0', single(7, smmu))],
  clients: [{}],
};

test('a device binds behind the SMMU that IORT names', () => {
  inAcpiLab(plan, (lab) => {
    lab.start(0);
    expect(lab.bind(lab.client())).toBe(true);
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(lab.client().dma_ops.value).toBe('iommu_dma_ops');
    expect(imbalances(lab)).toEqual([]);
  });
});

test('no node of ACPI counts its references', () => {
  inAcpiLab(plan, (lab) => {
    lab.start(0);
    lab.bind(lab.client());
    lab.run(() => lab.k.iommu_fwspec_free(lab.client()));
    expect(lab.client().iommu.value?.fwspec.value).toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a device that waits for its SMMU is on the deferred list', () => {
  inAcpiLab(plan, ({ k, start, bind, client }) => {
    start();
    expect(bind(client())).toBe(false);
    expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
    expect(client().dma_ops.value).toBeNull();
  });
});

describe('VIOT is asked', () => {
  test.each<[string, errno, boolean]>([
    ['not when IORT has the device', 0, false],
    ['not when the device waits for an SMMU', -EPROBE_DEFER, false],
    ['when IORT does not know the device', -ENODEV, true],
    ['when IORT is wrong about the device', -EINVAL, true],
  ])('%s', (_, answer, asked) => {
    const calls: string[] = [];
    const design = apply('answers', base, {
      subject: 'answer',
      replaces: {
        *iort_iommu_configure_id() {
          return answer;
        },
        *viot_iommu_configure() {
          calls.push('viot');
          return -ENODEV;
        },
      },
    });
    inAcpiLab(
      plan,
      ({ k, run, client }) => run(() => k.acpi_dma_configure_id(client(), 'coherent', null)),
      { design },
    );
    expect(calls).toEqual(asked ? ['viot'] : []);
  });
});

describe('no error but deferral gets past acpi_dma_configure_id()', () => {
  test.each([-EPROBE_DEFER, -EINVAL, -ENODEV])('%d', (answer) => {
    const design = apply('fails', base, {
      subject: 'fail',
      replaces: {
        *parseAcpiTables() {
          return answer;
        },
      },
    });
    const ret = inAcpiLab(
      plan,
      ({ k, run, client }) => run(() => k.acpi_dma_configure_id(client(), 'coherent', null)),
      { design },
    );
    expect(ret).toBe(answer === -EPROBE_DEFER ? answer : 0);
  });
});

describe('a device of which firmware does not say whether its DMA is coherent', () => {
  const silent: AcpiPlan = { ...plan, clients: [{ cca: null }] };
  const dmaOps = (config: Partial<Kconfig>) =>
    inAcpiLab(
      silent,
      ({ start, bind, client }) => {
        start(0);
        bind(client());
        return [client().dma_ops.value, client().iommu_group.value !== null];
      },
      { config },
    );

  test('can do no DMA where the answer is required, and is not put behind its SMMU', () => {
    expect(dmaOps({})).toEqual(['dma_dummy_ops', false]);
  });

  test('is coherent elsewhere', () => {
    expect(dmaOps({ CONFIG_ACPI_CCA_REQUIRED: false })).toEqual(['iommu_dma_ops', true]);
  });
});

describe.each([
  ['v6.7-rc1', false],
  ['v6.7', true],
])('%s', (kernel, locked) => {
  test(`the tables are read ${locked ? 'under' : 'without'} the probe lock, and the replay takes it itself`, () => {
    const held: [string, boolean][] = [];
    const design = designOf(kernel);
    const spy = apply('spy', design, {
      subject: 'look at the lock',
      replaces: {
        *iort_iommu_configure_id(k, dev, id) {
          held.push(['parse', k.iommu_probe_device_lock.holder !== null]);
          return yield* design.functions.iort_iommu_configure_id(k, dev, id);
        },
        *iommu_probe_device(k, dev) {
          held.push(['replay', k.iommu_probe_device_lock.holder !== null]);
          return yield* design.functions.iommu_probe_device(k, dev);
        },
      },
    });
    inAcpiLab(
      plan,
      ({ start, bind, client }) => {
        start(0);
        held.length = 0;
        bind(client());
      },
      { design: spy },
    );
    expect(held).toEqual([
      ['parse', locked],
      ['replay', false],
    ]);
  });

  test('a device that has its fwspec is not looked up again, and the lock is let go', () => {
    inAcpiLab(
      plan,
      ({ k, run, start, bind, client }) => {
        start(0);
        bind(client());
        const fwspec = client().iommu.value?.fwspec.value;
        expect(run(() => k.acpi_dma_configure_id(client(), 'coherent', null))).toBe(0);
        expect(client().iommu.value?.fwspec.value).toBe(fwspec);
        expect(k.iommu_probe_device_lock.holder).toBeNull();
      },
      { design: designOf(kernel) },
    );
  });
});
