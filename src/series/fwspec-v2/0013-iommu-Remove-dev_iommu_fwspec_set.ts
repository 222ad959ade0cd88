// Writes out the one store that dev_iommu_fwspec_set() was for, and removes the function so that
// nobody else stores a fwspec.

import { field, lockdep_assert_held, read, type Task, write } from '../../explore/index.ts';
import type {
  device,
  errno,
  fwnode_handle,
  iommu_fwspec,
  iommu_ops,
  Patch,
} from '../../linux/index.ts';
import { initFwspec, type Kernel } from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';

/** @linux drivers/iommu/iommu.c iommu_fwspec_init */
function* iommu_fwspec_init(
  k: Kernel,
  dev: device,
  iommu_fwnode: fwnode_handle,
  ops: iommu_ops | null,
): Task<errno> {
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* initFwspec(k, dev, iommu_fwnode, ops, function* (fwspec: iommu_fwspec): Task {
    yield* write(field(k.world, yield* read(dev.iommu), 'fwspec'), fwspec);
  });
}

export const patch: Patch = {
  subject: 'iommu: Remove dev_iommu_fwspec_set()',
  changes: { iommu_fwspec_init },
  removes: ['dev_iommu_fwspec_set'],
};
