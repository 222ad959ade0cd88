import { field, Struct, type Task, write } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../../include/linux/errno.ts';
import { iommu_device, type iommu_group, type iommu_ops } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { dmaAliases } from '../../pci/search.ts';
import { attachAnyInstance, pciOrGenericGroup } from '../common.ts';
import type { IommuDriver } from '../driver.ts';

const driver = 'intel-iommu';

/** @linux drivers/iommu/intel/iommu.h device_domain_info */
class device_domain_info extends Struct {
  iommu: iommu_device | null = null;
  /** What the unit sees in the place of the device: for each of them it has a context entry. */
  source_ids: readonly number[] = [];
}

/** DMAR is reason enough to ask for ACS, before PCI is scanned. @linux drivers/iommu/intel/dmar.c detect_intel_iommu */
function* detect_intel_iommu(k: kernel): Task {
  yield* k.pci_request_acs();
}

/**
 * All units register with no firmware node, one after the other, and what becomes of it is ignored.
 * It is done at rootfs_initcall, when no driver of a device has come yet.
 *
 * @linux drivers/iommu/intel/iommu.c intel_iommu_init
 */
export function* intel_iommu_init(k: kernel, units: readonly iommu_device[]): Task {
  for (const iommu of units) yield* k.iommu_device_register(iommu, k.opsOf(driver));
}

/** What a unit that is hot-plugged does: it comes with the host bridge whose devices it serves. @linux drivers/iommu/intel/dmar.c alloc_iommu */
function* alloc_iommu(k: kernel, dev: device): Task<errno> {
  return yield* k.iommu_device_register(k.instanceOf(dev), k.opsOf(driver));
}

/** No fwspec: DMAR says which unit a device is in the scope of. @linux drivers/iommu/intel/iommu.c intel_iommu_probe_device */
function* intel_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const iommu = k.scopes.get(dev); // device_to_iommu()
  if (iommu === undefined || iommu.ops === null) return ERR_PTR(-ENODEV);
  const info = yield* k.kzalloc(device_domain_info);
  if (info === null) return ERR_PTR(-ENOMEM);
  info.iommu = iommu;
  if (dev.pci !== null) info.source_ids = dmaAliases(dev.pci).map(({ alias }) => alias);
  yield* k.dev_iommu_priv_set(dev, info);
  return iommu;
}

/** x86 has no arch_setup_dma_ops(). @linux drivers/iommu/intel/iommu.c intel_iommu_probe_finalize */
function* intel_iommu_probe_finalize(k: kernel, dev: device): Task {
  yield* write(dev.dma_ops, null);
  yield* k.iommu_setup_dma_ops(dev);
}

/** @linux drivers/iommu/intel/iommu.c intel_iommu_release_device */
function* intel_iommu_release_device(k: kernel, dev: device): Task {
  const info = (yield* k.dev_iommu_priv_get(dev)) as device_domain_info | null;
  field(k.world, info, 'iommu');
  yield* k.clearPriv(dev);
  yield* k.kfree(info);
  yield* write(dev.dma_ops, null);
}

/** @linux drivers/iommu/intel/iommu.c intel_iommu_device_group */
function* intel_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

export const intel_iommu_ops: iommu_ops = {
  text: 'intel_iommu_ops',
  driver,
  probe_device: intel_iommu_probe_device,
  probe_finalize: intel_iommu_probe_finalize,
  release_device: intel_iommu_release_device,
  device_group: intel_iommu_device_group,
  attachments: (info) =>
    info instanceof device_domain_info && info.iommu !== null
      ? [{ instance: info.iommu, ids: info.source_ids }]
      : [],
  attach_dev: attachAnyInstance,
};

export const intel_iommu: IommuDriver = {
  name: driver,
  kind: 'bus-probe',
  ops: intel_iommu_ops,
  compatible: ['DMAR'],
  acpi: { table: 'dmar', nodes: [] },
  config: 'CONFIG_INTEL_IOMMU',
  cells: 0,
  limit: 'before-clients',
  probe: alloc_iommu,
  units: { detect: detect_intel_iommu, init: intel_iommu_init },
  instance: iommu_device,
};
