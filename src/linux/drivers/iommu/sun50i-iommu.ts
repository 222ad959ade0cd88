import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance, drvdataOfNode, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_single_device_group } from './iommu-group.ts';

const driver = 'sun50i-iommu';

/** @linux drivers/iommu/sun50i-iommu.c sun50i_iommu_probe */
function* sun50i_iommu_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** Of several instances the last one wins. @linux drivers/iommu/sun50i-iommu.c sun50i_iommu_of_xlate */
function* sun50i_iommu_of_xlate(
  k: kernel,
  dev: device,
  { np, args }: of_phandle_args,
): Task<errno> {
  yield* k.dev_iommu_priv_set(dev, yield* drvdataOfNode(k, np));
  return yield* k.iommu_fwspec_add_ids(dev, args.slice(0, 1));
}

/** Asks for `priv` only. @linux drivers/iommu/sun50i-iommu.c sun50i_iommu_probe_device */
function* sun50i_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const iommu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  if (iommu === null) return ERR_PTR(-ENODEV);
  k.probeSaw(dev, null, 1);
  return iommu;
}

export const sun50i_iommu_ops: iommu_ops = {
  text: 'sun50i_iommu_ops',
  driver,
  not_for: ['allwinner,sun50i-h616-iommu'],
  of_xlate: sun50i_iommu_of_xlate,
  probe_device: sun50i_iommu_probe_device,
  device_group: generic_single_device_group,
  attach_dev: attachAnyInstance,
};

export const sun50i_iommu: IommuDriver = {
  name: driver,
  kind: 'priv',
  ops: sun50i_iommu_ops,
  compatible: ['allwinner,sun50i-h6-iommu', 'allwinner,sun50i-h616-iommu'],
  config: 'CONFIG_SUN50I_IOMMU',
  cells: 1,
  gets: { clocks: 'all', resets: 'all' },
  probe: sun50i_iommu_probe,
  instance: iommu_device,
};
