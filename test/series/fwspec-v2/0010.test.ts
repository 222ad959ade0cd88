import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/explore/index.ts';
import {
  apply,
  type device,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  ETIMEDOUT,
  type errno,
  type fwnode_handle,
  IS_ERR,
  type iommu_fwspec,
  type Patched,
} from '../../../src/linux/index.ts';
import type { iommu_fwspec_alloc } from '../../../src/series/fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import { designOf } from '../../../src/series/index.ts';
import { idsOf, imbalances, inLab, type Lab, missing } from '../../linux/lab.ts';
import { explored, subject } from '../../scenarios/races/explored.ts';
import { inStep, live, one } from './lab.ts';

type Kernel = Patched<{
  readonly iommu_fwspec_alloc: typeof iommu_fwspec_alloc;
  readonly parseIommus: (
    k: never,
    dev: device,
    np: NonNullable<device['dma_node']>,
    id: null,
    fwspec: iommu_fwspec,
  ) => Task<errno>;
  readonly acpi_iommu_fwspec_init: (
    k: never,
    fwspec: iommu_fwspec,
    dev: device,
    id: number,
    fwnode: fwnode_handle,
    available: boolean,
  ) => Task<errno>;
}>;

/** A lab whose tables end in an error, or in what the devicetree says. */
function inTables<T>(answer: errno | null, body: (lab: Lab) => T): T {
  const design = apply('with tables', designOf('fwspec-v2/10'), {
    subject: 'made-up tables',
    changes: {
      *parseAcpiTables(k: Kernel, dev: device, _id: null, fwspec: iommu_fwspec): Task<errno> {
        return answer ?? (yield* k.parseIommus(dev, dev.dma_node ?? missing(), null, fwspec));
      },
    },
  });
  return inLab(one, body, { design });
}

function configure({ k, run, client }: Lab): unknown {
  return run<unknown>(() => k.acpi_iommu_configure_id(client(), null));
}

describe('after success', () => {
  const configured = (body: (lab: Lab) => void): void =>
    inTables(null, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      expect(configure(lab)).toBe(0);
      body(lab);
    });

  test('the device has its IDs and its group', () => {
    configured(({ client }) => {
      expect(idsOf(client())).toEqual([7]);
      expect(client().iommu_group.value).not.toBeNull();
    });
  });

  test('its fwspec has been freed', () => {
    configured(({ client }) => {
      expect(client().iommu.value?.fwspec.value?.freed).toBe(true);
    });
  });

  test('the next walk over the bus uses it', () => {
    configured(({ k, run, client }) => {
      expect(() => run(() => k.iommu_probe_device(client()))).toThrow(/iommu_fwspec/);
    });
  });

  test('configuring it again frees a fwspec that the probe has freed already', () => {
    configured((lab) => {
      expect(() => configure(lab)).toThrow(/after iommu_fwspec was freed by iommu_fwspec_dealloc/);
    });
  });

  test('the log says that it failed', () => {
    configured(({ k }) => {
      expect(k.log.map(({ text }) => text)).toContain('Adding to IOMMU failed: 0');
    });
  });
});

describe.each([-ENODEV, -EPROBE_DEFER, -EINVAL])('after %i from the tables', (answer) => {
  test('the answer is the same and nothing is left', () => {
    inTables(answer, (lab) => {
      lab.addAll();
      const known = live(lab).length;
      expect(configure(lab)).toBe(answer);
      expect(live(lab).slice(known)).toEqual([]);
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

test('after an error from the probe the fwspec is freed once', () => {
  inTables(null, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    lab.iommu().drvdata.value = null; // the driver does not find its instance
    expect(configure(lab)).toBe(-ENODEV);
    expect(live(lab)).not.toContain('iommu_fwspec');
  });
});

describe('an IOMMU that has not registered', () => {
  test.each([
    ['defers the device while its driver can come', true, -EPROBE_DEFER],
    ['is none when its driver is not in the kernel', false, -ENODEV],
  ])('%s', (_name, available, answer) => {
    inStep(10, one, ({ k, run, addAll, iommu, client }) => {
      addAll();
      const kernel = k as Kernel;
      const fwspec = run(() => kernel.iommu_fwspec_alloc());
      if (IS_ERR(fwspec)) return missing();
      const np = iommu().of_node ?? missing();
      expect(run(() => kernel.acpi_iommu_fwspec_init(fwspec, client(), 7, np, available))).toBe(
        answer,
      );
      expect(fwspec.num_ids.value).toBe(0);
    });
  });

  test('is given up like in the devicetree path when the time is over', () => {
    inStep(10, one, ({ k, run, addAll, iommu, client }) => {
      addAll();
      k.initcalls_done.value = true;
      k.driver_deferred_probe_timeout.value = 0;
      const kernel = k as Kernel;
      const fwspec = run(() => kernel.iommu_fwspec_alloc());
      if (IS_ERR(fwspec)) return missing();
      const np = iommu().of_node ?? missing();
      expect(run(() => kernel.acpi_iommu_fwspec_init(fwspec, client(), 7, np, true))).toBe(
        -ETIMEDOUT,
      );
    });
  });
});

describe.each(['bind-iort', 'bind-viot'])('%s', (scenario) => {
  const driver = scenario === 'bind-iort' ? 'arm-smmu-v3' : 'virtio-iommu';
  const [before, after] = [9, 10].map((n) =>
    explored(subject(scenario, `fwspec-v2/${n}`, driver), { maxExecutions: 40 }),
  );
  const lost = /in its group with no fwspec/;

  test('a probed device keeps its fwspec with patch 9', () => {
    expect(before?.bugs.some(({ message }) => lost.test(message))).toBe(false);
  });

  test('a probed device loses it with patch 10, whoever comes first', () => {
    const bug = after?.bugs.find(({ message }) => lost.test(message));
    expect(bug?.preemptions).toBe(0);
  });
});
