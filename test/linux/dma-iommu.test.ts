// Which type a default domain has in the end, where the command line asks for one.
import { expect, test } from 'vitest';
import type { DriverName, Kconfig } from '../../src/linux/index.ts';
import { endStateOf } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Plan } from './lab.ts';

/** The default domain of a device behind one IOMMU when both are bound. */
function domainOf(
  kernel: string,
  driver: DriverName,
  cells: number,
  config: Partial<Kconfig>,
): string | null {
  const plan: Plan = { iommus: [driver], cells, clients: [cells === 0 ? [[0]] : [[0, 7]]] };
  return inLab(
    plan,
    (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu())).toBe(true);
      expect(lab.bind(lab.client())).toBe(true);
      return endStateOf(lab.client()).domain;
    },
    { design: designOf(kernel), config },
  );
}

test.each<[string, DriverName, number, string]>([
  ['v6.7', 'arm-smmu', 1, 'DMA-FQ'],
  ['v6.12', 'arm-smmu-v3', 1, 'DMA-FQ'],
  ['v6.7', 'virtio-iommu', 1, 'DMA'],
  ['v6.8', 'virtio-iommu', 1, 'DMA-FQ'],
  ['v6.7', 'apple-dart', 1, 'DMA'],
  ['v7.3', 'apple-dart', 1, 'DMA'],
  ['v6.12', 'rockchip-iommu', 0, 'DMA'],
  ['v7.3', 'sun50i-iommu', 1, 'DMA'],
  ['v6.15', 'riscv-iommu', 1, 'DMA'],
  ['v7.3', 'riscv-iommu', 1, 'DMA-FQ'],
  ['v7.3', 'vsi-iommu', 1, 'DMA'],
])(
  'iommu.strict=0 on %s: a domain of %s (%i cells) is %s, by whether it can flush late',
  (kernel, driver, cells, domain) => {
    expect(domainOf(kernel, driver, cells, { iommu_strict: false })).toBe(domain);
  },
);

test.each<[string, DriverName, number, string]>([
  ['v6.7', 'rockchip-iommu', 0, 'identity'],
  ['v6.7', 'sprd-iommu', 0, 'DMA'],
  ['v7.3', 'sprd-iommu', 0, 'DMA'],
])(
  'iommu.passthrough=1 on %s: a domain of %s (%i cells) is %s, by whether it makes identity domains',
  (kernel, driver, cells, domain) => {
    expect(domainOf(kernel, driver, cells, { iommu_passthrough: true })).toBe(domain);
  },
);
