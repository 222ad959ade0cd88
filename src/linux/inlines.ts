import * as iommu_h from './include/linux/iommu-inlines.ts';

/** What headers define as `static inline`: no frame of its own in a backtrace. */
export type Inlines = typeof iommu_h;

export const inlines: Inlines = { ...iommu_h };
