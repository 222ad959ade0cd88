import { field, read, type Task, write } from '../../../explore/index.ts';
import type { kernel } from '../../kernel.ts';
import type { device } from './device.ts';
import type { iommu_fwspec, iommu_ops } from './iommu.ts';

// One load of `dev->iommu` for a test and the use behind it: compilers merge plain loads with
// nothing between them.

/** @linux include/linux/iommu.h dev_iommu_fwspec_get */
export function* dev_iommu_fwspec_get(_k: kernel, dev: device): Task<iommu_fwspec | null> {
  const param = yield* read(dev.iommu);
  return param === null ? null : yield* read(param.fwspec);
}

/** @linux include/linux/iommu.h dev_iommu_fwspec_set */
export function* dev_iommu_fwspec_set(k: kernel, dev: device, fwspec: iommu_fwspec | null): Task {
  yield* write(field(k.world, yield* read(dev.iommu), 'fwspec'), fwspec);
}

/** @linux include/linux/iommu.h dev_iommu_priv_get */
export function* dev_iommu_priv_get(_k: kernel, dev: device): Task<unknown> {
  const param = yield* read(dev.iommu);
  return param === null ? null : yield* read(param.priv);
}

/** @linux include/linux/iommu.h dev_iommu_priv_set */
export function* dev_iommu_priv_set(k: kernel, dev: device, priv: unknown): Task {
  yield* write(field(k.world, yield* read(dev.iommu), 'priv'), priv);
}

/** Whether the device is in a group. @linux include/linux/device.h device_iommu_mapped */
export function* device_iommu_mapped(_k: kernel, dev: device): Task<boolean> {
  return (yield* read(dev.iommu_group)) !== null;
}

/** @linux drivers/iommu/iommu-priv.h dev_iommu_ops */
export function* dev_iommu_ops(k: kernel, dev: device): Task<iommu_ops | null> {
  const iommu_dev = yield* read(field(k.world, yield* read(dev.iommu), 'iommu_dev'));
  return field(k.world, iommu_dev, 'ops');
}
