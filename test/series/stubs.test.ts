// With an option off the path ends as the stub does that the header has for it.
import { describe, expect, test } from 'vitest';
import { ENODEV, type Kconfig } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Lab } from '../linux/lab.ts';
import { configure, live, one } from './fwspec-v2/lab.ts';

function inKernel<T>(kernel: string, config: Partial<Kconfig>, body: (lab: Lab) => T): T {
  return inLab(one, body, { design: designOf(kernel), config });
}

const noOf: Partial<Kconfig> = { CONFIG_OF_IOMMU: false };
const noApi: Partial<Kconfig> = { CONFIG_IOMMU_API: false };

describe.each([
  ['OF_IOMMU', noOf],
  ['IOMMU_API', noApi],
])('without %s', (_name, config) => {
  test.each([
    ['v6.7-rc1', null],
    ['v6.7', null],
    ['fwspec-v2/1', null],
    ['fwspec-v2/2', -ENODEV],
    ['fwspec-v2', -ENODEV],
  ])('%s answers %j to every device with a node', (kernel, answer) => {
    inKernel(kernel, config, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      expect(configure(lab)).toBe(answer);
    });
  });

  test.each(['v6.7-rc1', 'fwspec-v2'])('%s binds the device without an IOMMU', (kernel) => {
    inKernel(kernel, config, (lab) => {
      lab.addAll();
      expect(lab.bind(lab.client())).toBe(true);
      expect(lab.client().dma_ops.value).toBeNull();
      expect(live(lab)).toEqual([]);
    });
  });
});

test('without IOMMU_API no IOMMU registers', () => {
  inKernel('v6.7-rc1', noApi, ({ k, run, iommu }) => {
    const instance = k.instanceOf(iommu());
    const ret = run(() => k.iommu_device_register(instance, k.opsOf('virtio-iommu')));
    expect(ret).toBe(-ENODEV);
    expect([...k.iommu_device_list.value]).toEqual([]);
  });
});

test.each([
  ['v6.7-rc1', null],
  ['fwspec-v2/3', null],
  // The stub was forgotten and returns its NULL pointer as a number.
  ['fwspec-v2/4', 0],
  ['fwspec-v2/9', 0],
  ['fwspec-v2/10', -ENODEV],
])('without IOMMU_API, acpi_iommu_configure_id() of %s answers %j', (kernel, answer) => {
  inKernel(kernel, noApi, ({ k, run, client }) => {
    expect(run<unknown>(() => k.acpi_iommu_configure_id(client(), null))).toBe(answer);
  });
});

test.each(['ACPI_IORT', 'ACPI_VIOT'] as const)('without %s, its table is not looked at', (name) => {
  const config = { [`CONFIG_${name}`]: false };
  for (const kernel of ['v6.7-rc1', 'v6.7']) {
    inKernel(kernel, config, ({ k, run, client }) => {
      const ret =
        name === 'ACPI_IORT'
          ? run(() => k.iort_iommu_configure_id(client(), null))
          : run(() => k.viot_iommu_configure(client()));
      expect(ret).toBe(-ENODEV);
    });
  }
});
