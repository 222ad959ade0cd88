// Takes the probe lock around of_xlate() and what makes the fwspec visible to it, and claims that
// this closes the race of the cover letter and that no probe sees a half-built fwspec any more.

import {
  lockdep_assert_held,
  mutex_lock,
  mutex_unlock,
  read,
  type Task,
} from '../../explore/index.ts';
import {
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  type errno,
  type fwnode_handle,
  type iommu_fwspec,
  type iommu_ops,
  type of_phandle_args,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import { initFwspec, type Kernel } from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import { xlateShown } from './0008-iommu-of-Do-not-use-dev-iommu-within-of_iommu_config.ts';
import type { iommu_fwspec_append_ids } from './0009-iommu-Add-iommu_fwspec_append_ids.ts';

/** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
function* iommu_fwspec_of_xlate(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
  iommu_spec: of_phandle_args,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  return ret ? ret : yield* xlateLocked(k, fwspec, dev, iommu_spec);
}

/** What follows when it is known whose fwspec it is. */
export function* xlateLocked(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_spec: of_phandle_args,
): Task<errno> {
  if ((yield* read(fwspec.ops))?.of_xlate === undefined) return -ENODEV;
  yield* mutex_lock(k.iommu_probe_device_lock);
  const param = yield* k.dev_iommu_get(dev);
  const ret = param === null ? -ENOMEM : yield* xlateShown(k, fwspec, dev, iommu_spec);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_init */
function* iommu_fwspec_init(
  k: Kernel,
  dev: device,
  iommu_fwnode: fwnode_handle,
  ops: iommu_ops | null,
): Task<errno> {
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* initFwspec(k, dev, iommu_fwnode, ops, (fwspec) =>
    k.dev_iommu_fwspec_set(dev, fwspec),
  );
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_add_ids */
function* iommu_fwspec_add_ids(
  k: Patched<{ readonly iommu_fwspec_append_ids: typeof iommu_fwspec_append_ids }>,
  dev: device,
  ids: readonly number[],
): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  lockdep_assert_held(k.iommu_probe_device_lock);
  return fwspec === null ? -EINVAL : yield* k.iommu_fwspec_append_ids(fwspec, ids);
}

export const patch: Patch = {
  subject: 'iommu: Hold iommu_probe_device_lock while calling ops->of_xlate',
  changes: { iommu_fwspec_of_xlate, iommu_fwspec_init, iommu_fwspec_add_ids },
};
