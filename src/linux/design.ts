import type { Functions } from './functions.ts';
import type { iommu_ops } from './include/linux/iommu.ts';
import type { Inlines } from './inlines.ts';

/** The IOMMU drivers of a design, by name. */
export interface Drivers {
  readonly 'arm-smmu': iommu_ops;
  readonly 'arm-smmu-v3': iommu_ops;
  readonly 'virtio-iommu': iommu_ops;
  readonly 'apple-dart': iommu_ops;
  readonly 'exynos-sysmmu': iommu_ops;
}
export type DriverName = keyof Drivers;

/** One version of the path: a table of functions, and of drivers. */
export interface Design {
  readonly name: string;
  readonly functions: Functions;
  readonly inlines: Inlines;
  readonly drivers: Drivers;
}

/** A change to a design, by the functions it replaces. */
export interface Patch {
  /** One sentence: what it does. */
  readonly subject: string;
  readonly functions?: Partial<Functions>;
  readonly inlines?: Partial<Inlines>;
  readonly drivers?: Partial<Drivers>;
}

/** The design after the patches, in order, as `git am` would leave it. */
export function apply(name: string, base: Design, ...patches: readonly Patch[]): Design {
  return patches.reduce<Design>(
    (design, patch) => ({
      name,
      functions: { ...design.functions, ...patch.functions },
      inlines: { ...design.inlines, ...patch.inlines },
      drivers: { ...design.drivers, ...patch.drivers },
    }),
    { ...base, name },
  );
}
