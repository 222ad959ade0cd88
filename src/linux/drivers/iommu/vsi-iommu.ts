import { field, read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { ErrPtr, errno } from '../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance, fwspecIds, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_single_device_group } from './iommu-group.ts';

const driver = 'vsi-iommu';

/** @linux drivers/iommu/vsi-iommu.c vsi_iommu_probe */
function* vsi_iommu_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** @linux drivers/iommu/vsi-iommu.c vsi_iommu_of_xlate */
function* vsi_iommu_of_xlate(k: kernel, dev: device, { args }: of_phandle_args): Task<errno> {
  return yield* k.iommu_fwspec_add_ids(dev, [args[0] ?? 0]);
}

/** Among all platform devices. @linux drivers/iommu/vsi-iommu.c vsi_iommu_get_from_dev */
function* vsi_iommu_get_from_dev(k: kernel, dev: device): Task<iommu_device | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const np = yield* read(field(k.world, fwspec, 'iommu_fwnode', 'fwspec'));
  for (const bus of k.iommu_buses) {
    if (bus.name !== 'platform') continue;
    const iommu_dev = (yield* k.busDevices(bus)).findBy('fwnode', np);
    return iommu_dev === undefined ? null : ((yield* read(iommu_dev.drvdata)) as iommu_device);
  }
  return null;
}

/** Nothing is tested. @linux drivers/iommu/vsi-iommu.c vsi_iommu_probe_device */
function* vsi_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const iommu = yield* vsi_iommu_get_from_dev(k, dev);
  field(k.world, iommu, 'dev', 'iommu'); // device_link_add()
  k.probeSaw(dev, yield* fwspecIds(k, dev), 1);
  yield* k.dev_iommu_priv_set(dev, iommu);
  return iommu as iommu_device;
}

/** @linux drivers/iommu/vsi-iommu.c vsi_iommu_release_device */
function* vsi_iommu_release_device(k: kernel, dev: device): Task {
  const iommu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  field(k.world, iommu, 'dev', 'iommu'); // device_link_remove()
}

/** @linux drivers/iommu/vsi-iommu.c vsi_iommu_attach_device */
function* vsi_iommu_attach_device(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  return yield* attachAnyInstance(k, domain, dev);
}

export const vsi_iommu_ops: iommu_ops = {
  text: 'vsi_iommu_ops',
  driver,
  of_xlate: vsi_iommu_of_xlate,
  probe_device: vsi_iommu_probe_device,
  release_device: vsi_iommu_release_device,
  device_group: generic_single_device_group,
  attach_dev: vsi_iommu_attach_device,
};

/** Known from v7.3. */
export const vsi_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec-unsure',
  ops: vsi_iommu_ops,
  later: true,
  compatible: ['verisilicon,iommu-1.2'],
  config: 'CONFIG_VSI_IOMMU',
  cells: 1,
  probe: vsi_iommu_probe,
  instance: iommu_device,
};
