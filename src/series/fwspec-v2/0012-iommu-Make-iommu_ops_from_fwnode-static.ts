// Hides iommu_ops_from_fwnode() in iommu.c, because nobody outside calls it any more; its stub for
// kernels without IOMMU support goes.

import type { Patch } from '../../linux/index.ts';

export const patch: Patch = {
  subject: 'iommu: Make iommu_ops_from_fwnode() static',
};
