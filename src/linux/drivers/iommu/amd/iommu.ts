import { Struct, type Task, write } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../../include/linux/errno.ts';
import { iommu_device, type iommu_group, type iommu_ops } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { attachAnyInstance, pciOrGenericGroup } from '../common.ts';
import type { IommuDriver } from '../driver.ts';

const driver = 'amd-iommu';

/** Stays for a device that comes back. @linux drivers/iommu/amd/amd_iommu_types.h iommu_dev_data */
class iommu_dev_data extends Struct {}

/** @linux drivers/iommu/amd/amd_iommu_types.h amd_iommu */
export class amd_iommu extends iommu_device {
  /** What is known of each device behind it. A device is looked up by one task at a time. */
  readonly dev_data_list: Map<device, iommu_dev_data> = new Map();
}

/**
 * Each IOMMU registers with no firmware node, and what becomes of it is ignored.
 *
 * @linux drivers/iommu/amd/init.c iommu_init_pci
 */
export function* iommu_init_pci(k: kernel, dev: device): Task<errno> {
  yield* k.iommu_device_register(k.instanceOf(dev), k.opsOf(driver));
  return 0;
}

/** IVRS is reason enough to ask for ACS, before PCI is scanned. @linux drivers/iommu/amd/init.c amd_iommu_detect */
function* amd_iommu_detect(k: kernel): Task {
  yield* k.pci_request_acs();
}

/** One IOMMU after the other. @linux drivers/iommu/amd/init.c amd_iommu_init */
function* amd_iommu_init(k: kernel, units: readonly iommu_device[]): Task {
  for (const { dev } of units) yield* iommu_init_pci(k, dev);
}

/** No fwspec: IVRS says which IOMMU a device is behind. @linux drivers/iommu/amd/iommu.c amd_iommu_probe_device */
function* amd_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const iommu = k.scopes.get(dev); // rlookup_amd_iommu()
  if (!(iommu instanceof amd_iommu) || iommu.ops === null) return ERR_PTR(-ENODEV);
  if ((yield* k.dev_iommu_priv_get(dev)) !== null) return iommu;
  const dev_data = iommu.dev_data_list.get(dev) ?? (yield* k.kzalloc(iommu_dev_data));
  if (dev_data === null) return ERR_PTR(-ENOMEM);
  iommu.dev_data_list.set(dev, dev_data);
  yield* k.dev_iommu_priv_set(dev, dev_data);
  return iommu;
}

/** x86 has no arch_setup_dma_ops(). @linux drivers/iommu/amd/iommu.c amd_iommu_probe_finalize */
function* amd_iommu_probe_finalize(k: kernel, dev: device): Task {
  yield* write(dev.dma_ops, null);
  yield* k.iommu_setup_dma_ops(dev);
}

/** @linux drivers/iommu/amd/iommu.c amd_iommu_release_device */
function* amd_iommu_release_device(k: kernel, dev: device): Task {
  if (k.scopes.has(dev)) yield* k.clearPriv(dev);
}

/** @linux drivers/iommu/amd/iommu.c amd_iommu_device_group */
function* amd_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

export const amd_iommu_ops: iommu_ops = {
  text: 'amd_iommu_ops',
  driver,
  probe_device: amd_iommu_probe_device,
  probe_finalize: amd_iommu_probe_finalize,
  release_device: amd_iommu_release_device,
  device_group: amd_iommu_device_group,
  attach_dev: attachAnyInstance,
};

export const amd_iommu_driver: IommuDriver = {
  name: driver,
  kind: 'bus-probe',
  ops: amd_iommu_ops,
  compatible: ['IVRS'],
  acpi: { table: 'ivrs', nodes: [] },
  config: 'CONFIG_AMD_IOMMU',
  cells: 0,
  limit: 'at-boot',
  probe: iommu_init_pci,
  units: { detect: amd_iommu_detect, init: amd_iommu_init },
  instance: amd_iommu,
};
