// Which type a default domain has in the end, where the command line asks for one.
import { expect, test } from 'vitest';
import {
  type DriverName,
  IOMMU_DOMAIN_IDENTITY,
  type Kconfig,
} from '../../../../src/linux/index.ts';
import { endStateOf } from '../../../../src/machine/index.ts';
import { designOf } from '../../../../src/series/index.ts';
import { inLab, type Lab, type Plan } from '../../lab.ts';

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

/** A device whose DMA its IOMMU translates. */
function translated(kernel: string, body: (lab: Lab) => void): void {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]]] };
  const whole = (lab: Lab): void => {
    lab.addAll();
    lab.bind(lab.iommu());
    lab.bind(lab.client());
    body(lab);
  };
  inLab(plan, whole, { design: designOf(kernel) });
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

test.each<[string, string | null, string | null]>([
  // Until v6.9 the architecture sets DMA ops up when a driver binds, and takes them away.
  ['v6.8', null, null],
  ['v6.12', 'iommu_dma_ops', null],
  ['v7.3', 'iommu_dma_ops', null],
])(
  'on %s a device without a driver has %s, and %s when its IOMMU lets go of it',
  (kernel, unbound, released) => {
    translated(kernel, ({ k, run, client }) => {
      expect(client().dma_ops.value).toBe('iommu_dma_ops');
      run(() => k.device_release_driver(client()));
      expect(client().dma_ops.value).toBe(unbound);
      run(() => k.iommu_release_device(client()));
      expect(client().dma_ops.value).toBe(released);
    });
  },
);

test.each<[string, string | null]>([
  ['v6.12', null],
  ['v7.3', 'iommu_dma_ops'],
])(
  'while a group is attached to an identity domain of somebody, %s sets %s up for a member',
  (kernel, dma_ops) => {
    translated(kernel, ({ k, run, client }) => {
      const group = client().iommu_group.value;
      const domain = group?.domain.value;
      if (group == null || domain == null) throw new Error('no group, or no domain');
      const identity = Object.assign(Object.create(Object.getPrototypeOf(domain)), domain);
      group.domain.value = Object.assign(identity, { type: IOMMU_DOMAIN_IDENTITY });
      run(() => k.settle(group, client()));
      expect(client().dma_ops.value).toBe(dma_ops);
    });
  },
);
