import { designOf } from '../../../src/series/index.ts';
import { inLab, type Lab, type LabOptions, missing, type Plan } from '../../linux/lab.ts';

/** One device with one specifier. */
export const one: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 7]]] };

/** One device behind two IOMMUs. */
export const two: Plan = {
  iommus: ['virtio-iommu', 'virtio-iommu'],
  clients: [
    [
      [0, 7],
      [1, 8],
    ],
  ],
};

/** A lab of the first `n` patches. */
export function inStep<T>(n: number, plan: Plan, body: (lab: Lab) => T, options?: LabOptions): T {
  return inLab(plan, body, { design: designOf(`fwspec-v2/${n}`), ...options });
}

/** What `of_iommu_configure()` answers for the last device; the type changes with patch 2. */
export function configure({ k, run }: Lab): unknown {
  const dev = k.devices().at(-1) ?? missing();
  return run<unknown>(() => k.of_iommu_configure(dev, dev.dma_node, null));
}

/** The log of a device from `dev_err()`. */
export function errors({ k }: Lab): string[] {
  return k.log.filter(({ level }) => level === 'err').map(({ text }) => text);
}

/** The classes of the objects that are allocated and have not been freed. */
export function live({ world }: Lab): string[] {
  return world.heap.filter(({ freed }) => !freed).map((object) => object.constructor.name);
}
