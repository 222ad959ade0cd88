import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_domain, type iommu_ops } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_device_group } from './iommu-group.ts';

const driver = 's390-iommu';

/**
 * Each PCI function is behind an IOMMU of its own, which registers before there is a device for the
 * function.
 *
 * @linux drivers/iommu/s390-iommu.c zpci_init_iommu
 */
function* zpci_init_iommu(k: kernel, dev: device): Task<errno> {
  return yield* k.iommu_device_register(k.instanceOf(dev), k.opsOf(driver));
}

/** @linux drivers/iommu/s390-iommu.c s390_iommu_probe_device */
function* s390_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  return k.scopes.get(dev) ?? ERR_PTR(-ENODEV); // no PCI function
}

/** s390 has no arch_setup_dma_ops(). @linux drivers/iommu/s390-iommu.c s390_iommu_probe_finalize */
function* s390_iommu_probe_finalize(k: kernel, dev: device): Task {
  yield* k.iommu_setup_dma_ops(dev);
}

/** @linux drivers/iommu/s390-iommu.c s390_iommu_attach_device */
function* s390_iommu_attach_device(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  return yield* attachAnyInstance(k, domain, dev);
}

export const s390_iommu_ops: iommu_ops = {
  text: 's390_iommu_ops',
  driver,
  deferred_flush: true,
  probe_device: s390_iommu_probe_device,
  probe_finalize: s390_iommu_probe_finalize,
  device_group: generic_device_group,
  attach_dev: s390_iommu_attach_device,
};

export const s390_iommu: IommuDriver = {
  name: driver,
  kind: 'bus-probe',
  ops: s390_iommu_ops,
  compatible: ['CLP'],
  acpi: { table: 'clp', nodes: [] },
  config: 'CONFIG_S390_IOMMU',
  cells: 0,
  limit: 'before-clients',
  probe: zpci_init_iommu,
  instance: iommu_device,
};
