import { read, type Task } from '../../explore/index.ts';
import {
  type device,
  EINVAL,
  ENODEV,
  ERR_PTR,
  type ErrPtr,
  type errno,
  type fwnode_handle,
  type iommu_device,
  type iommu_fwspec,
  type kernel,
  type Patch,
} from '../../linux/index.ts';
import { iommu_fwspec_assign_iommu as posted } from '../fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';

// What the replies to patch 6 agree on.

/** @linux drivers/iommu/iommu.c iommu_fwspec_assign_iommu */
function* iommu_fwspec_assign_iommu(
  k: kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
): Task<errno> {
  if ((yield* read(fwspec.iommu_fwnode)) === null)
    return yield* posted(k, fwspec, dev, iommu_fwnode);
  const ops = yield* k.iommu_ops_from_fwnode(iommu_fwnode);
  if (ops === null) return yield* k.driver_deferred_probe_check_state(dev);
  return (yield* read(fwspec.ops)) === ops ? 0 : -EINVAL;
}

export const deferForSecond: Patch = {
  subject: 'wait for a further IOMMU that has not registered instead of -EINVAL',
  changes: { iommu_fwspec_assign_iommu },
};

export const dartWantsFwspec: Patch = {
  subject: 'iommu/apple-dart: no probe without a fwspec',
  drivers: ({ 'apple-dart': ops }) => {
    function* apple_dart_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
      if ((yield* k.dev_iommu_fwspec_get(dev)) === null) return ERR_PTR(-ENODEV);
      return yield* ops.probe_device(k, dev);
    }
    return { 'apple-dart': { ...ops, probe_device: apple_dart_probe_device } };
  },
};
