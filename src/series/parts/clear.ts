import { mutex_lock, mutex_unlock, read, type Task } from '../../explore/index.ts';
import {
  type device,
  EPROBE_DEFER,
  type errno,
  type fwnode_handle,
  type iommu_fwspec,
  type of_phandle_args,
  type Patch,
} from '../../linux/index.ts';
import type { Kernel } from '../fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import { ofXlate } from '../fwspec-v2/0015-iommu-Add-ops-of_xlate_fwspec.ts';

// The stop-gap in the replies to patch 6. Whatever earlier specifiers have left in priv goes with
// dev->iommu, and so does all that a device works with that is probed already.

/** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
function* iommu_fwspec_of_xlate(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
  iommu_spec: of_phandle_args,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  if (ret === -EPROBE_DEFER) {
    yield* mutex_lock(k.iommu_probe_device_lock);
    if ((yield* read(dev.iommu)) !== null) yield* k.dev_iommu_free(dev);
    yield* mutex_unlock(k.iommu_probe_device_lock);
  }
  return ret ? ret : yield* ofXlate(k, fwspec, dev, iommu_spec);
}

export const clearOnDeferral: Patch = {
  subject: 'free dev->iommu when a device is deferred',
  changes: { iommu_fwspec_of_xlate },
};
