import { read, Struct, type Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { attachAnyInstance, pciOrGenericGroup, registerInstance } from '../common/common.ts';
import type { IommuDriver } from '../common/driver.ts';

const driver = 'riscv-iommu';

/** @linux drivers/iommu/riscv/iommu.c riscv_iommu_info */
class riscv_iommu_info extends Struct {}

/** @linux drivers/iommu/riscv/iommu-platform.c riscv_iommu_platform_probe */
function* riscv_iommu_platform_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** @linux drivers/iommu/riscv/iommu.c riscv_iommu_of_xlate */
function* riscv_iommu_of_xlate(k: kernel, dev: device, { args }: of_phandle_args): Task<errno> {
  return yield* k.iommu_fwspec_add_ids(dev, [args[0] ?? 0]);
}

/**
 * The instance is the driver data of the device that its firmware node belongs to, bound or not.
 *
 * @linux drivers/iommu/riscv/iommu.c riscv_iommu_probe_device
 */
function* riscv_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return ERR_PTR(-ENODEV);
  const fwnode = yield* read(fwspec.iommu_fwnode);
  const iommu_dev = [...k.instances.keys()].find((other) => other.fwnode === fwnode);
  const num_ids = yield* read(fwspec.num_ids);
  if (iommu_dev === undefined || num_ids === 0) return ERR_PTR(-ENODEV);
  const iommu = (yield* read(iommu_dev.drvdata)) as iommu_device | null;
  if (iommu === null) return ERR_PTR(-ENODEV);
  k.probeSaw(dev, (yield* read(fwspec.ids)).slice(0, num_ids), 1);
  const info = yield* k.kzalloc(riscv_iommu_info);
  if (info === null) return ERR_PTR(-ENOMEM);
  yield* k.dev_iommu_priv_set(dev, info);
  return iommu;
}

/** @linux drivers/iommu/riscv/iommu.c riscv_iommu_release_device */
function* riscv_iommu_release_device(k: kernel, dev: device): Task {
  yield* k.kfree((yield* k.dev_iommu_priv_get(dev)) as riscv_iommu_info | null);
}

/** @linux drivers/iommu/riscv/iommu.c riscv_iommu_device_group */
function* riscv_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

/** @linux drivers/iommu/riscv/iommu.c riscv_iommu_attach_paging_domain */
function* riscv_iommu_attach_paging_domain(
  k: kernel,
  domain: iommu_domain,
  dev: device,
): Task<errno> {
  return yield* attachAnyInstance(k, domain, dev);
}

export const riscv_iommu_ops: iommu_ops = {
  text: 'riscv_iommu_ops',
  driver,
  of_xlate: riscv_iommu_of_xlate,
  probe_device: riscv_iommu_probe_device,
  release_device: riscv_iommu_release_device,
  device_group: riscv_iommu_device_group,
  attach_dev: riscv_iommu_attach_paging_domain,
};

/** Since v6.13. */
export const riscv_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec',
  ops: riscv_iommu_ops,
  later: true,
  compatible: ['riscv,iommu'],
  config: 'CONFIG_RISCV_IOMMU',
  cells: 1,
  probe: riscv_iommu_platform_probe,
  instance: iommu_device,
};
