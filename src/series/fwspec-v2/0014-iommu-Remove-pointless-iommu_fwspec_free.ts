// Lets drivers leave the fwspec alone when they fail to probe, because the core frees it with
// dev->iommu right after them.

import type { Task } from '../../explore/index.ts';
import type { device, kernel, Patch } from '../../linux/index.ts';

function* dropFwspec(_k: kernel, _dev: device): Task {}

export const patch: Patch = {
  subject: 'iommu: Remove pointless iommu_fwspec_free()',
  replaces: { dropFwspec },
};
