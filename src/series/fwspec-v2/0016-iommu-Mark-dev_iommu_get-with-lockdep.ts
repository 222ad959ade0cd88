// Asserts that dev->iommu is made under the probe lock.

import { lockdep_assert_held, type Task } from '../../explore/index.ts';
import { base, type dev_iommu, type device, type kernel, type Patch } from '../../linux/index.ts';

/** @linux drivers/iommu/iommu.c dev_iommu_get */
function* dev_iommu_get(k: kernel, dev: device): Task<dev_iommu | null> {
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* base.functions.dev_iommu_get(k, dev);
}

export const patch: Patch = {
  subject: 'iommu: Mark dev_iommu_get() with lockdep',
  replaces: { dev_iommu_get },
};
