// The name `iommu` in a device's directory of sysfs: a link to the IOMMU that the device is behind, or
// the directory of the class device that an IOMMU registers. A device that is both cannot have both.

import { assign, field, look, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EEXIST, type errno } from '../../include/linux/errno.ts';
import type { iommu_device, iommu_ops } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';

/**
 * `iommu_device_sysfs_add()`, then registration: what drivers do whose class device is below the
 * device that they are bound to.
 */
export function* registerBelow(k: kernel, iommu: iommu_device, ops: iommu_ops): Task<errno> {
  const { dev } = iommu;
  if (sysfsOf(k, dev) !== null) {
    k.dev_err(dev, 'its name "iommu" in sysfs is the link to the IOMMU that it is behind itself');
    return -EEXIST;
  }
  assign(k.world, dev, 'sysfs_iommu', 'directory');
  const err = yield* k.iommu_device_register(iommu, ops);
  if (err) assign(k.world, dev, 'sysfs_iommu', null);
  return err;
}

/** `iommu_device_unregister()` and `iommu_device_sysfs_remove()`. */
export function* unregisterBelow(k: kernel, iommu: iommu_device): Task {
  yield* k.iommu_device_unregister(iommu);
  if (sysfsOf(k, iommu.dev) === 'directory') assign(k.world, iommu.dev, 'sysfs_iommu', null);
}

/** Two links for one device are none: only the directory is in the way. @linux drivers/iommu/iommu-sysfs.c iommu_device_link */
export function* iommu_device_link(
  k: kernel,
  iommu: iommu_device | null,
  dev: device,
): Task<errno> {
  field(k.world, iommu, 'dev', 'iommu');
  if (sysfsOf(k, dev) === 'directory') return -EEXIST;
  assign(k.world, dev, 'sysfs_iommu', 'link');
  return 0;
}

/** `iommu_device_unlink()`. */
export function unlink(k: kernel, dev: device): void {
  if (sysfsOf(k, dev) === 'link') assign(k.world, dev, 'sysfs_iommu', null);
}

function sysfsOf(k: kernel, dev: device): device['sysfs_iommu'] {
  return look(k.world, () => dev.sysfs_iommu);
}
