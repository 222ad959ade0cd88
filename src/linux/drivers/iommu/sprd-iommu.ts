import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance, drvdataOfNode, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_single_device_group } from './iommu-group.ts';

const driver = 'sprd-iommu';

/** @linux drivers/iommu/sprd-iommu.c sprd_iommu_probe */
function* sprd_iommu_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** Of several instances the first one wins. @linux drivers/iommu/sprd-iommu.c sprd_iommu_of_xlate */
function* sprd_iommu_of_xlate(k: kernel, dev: device, { np }: of_phandle_args): Task<errno> {
  if ((yield* k.dev_iommu_priv_get(dev)) === null)
    yield* k.dev_iommu_priv_set(dev, yield* drvdataOfNode(k, np, (pdev) => k.putDevice(pdev)));
  return 0;
}

/**
 * Asks for a fwspec, then takes `priv` as it is: a fwspec whose `of_xlate` has not run yet has none,
 * and a pointer into nowhere comes back.
 *
 * @linux drivers/iommu/sprd-iommu.c sprd_iommu_probe_device
 */
function* sprd_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  if ((yield* k.ownFwspec(dev, driver)) === null) return ERR_PTR(-ENODEV);
  const sdev = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  k.probeSaw(dev, null, sdev === null ? 0 : 1);
  return sdev;
}

export const sprd_iommu_ops: iommu_ops = {
  text: 'sprd_iommu_ops',
  driver,
  no_identity: true,
  of_xlate: sprd_iommu_of_xlate,
  probe_device: sprd_iommu_probe_device,
  device_group: generic_single_device_group,
  attach_dev: attachAnyInstance,
};

export const sprd_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec-priv-unsure',
  ops: sprd_iommu_ops,
  compatible: ['sprd,iommu-v1'],
  config: 'CONFIG_SPRD_IOMMU',
  cells: 0,
  gets: { clocks: 'all', optional: 'each' },
  probe: sprd_iommu_probe,
  instance: iommu_device,
};
