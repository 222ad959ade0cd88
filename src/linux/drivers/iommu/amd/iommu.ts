import { assign, Crash, look, setIn, type Task, write } from '../../../../explore/index.ts';
import { hex } from '../../../../util/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../../include/linux/errno.ts';
import {
  type DomainType,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  type iommu_device,
  type iommu_group,
  type iommu_ops,
} from '../../../include/linux/iommu.ts';
import { type pci_dev, pci_dev_id } from '../../../include/linux/pci.ts';
import { defaultsToIdentity } from '../../../kconfig.ts';
import type { kernel } from '../../../kernel.ts';
import { attachAnyInstance } from '../common/common.ts';
import type { IommuDriver } from '../common/driver.ts';
import { acpihid_device_group, acpihidEntryOf } from './acpihid.ts';
import { setup_aliases } from './aliases.ts';
import { amd_iommu_detect, amd_iommu_init, iommu_init_pci } from './init.ts';
import type { AmdUnits, amd_iommu_pci_seg } from './ivrs.ts';
import { amd_iommu, iommu_dev_data } from './types.ts';

// ---- which IOMMU ---------------------------------------------------------------------------------

/** What IVRS knows of a device. */
interface Known {
  readonly segment: amd_iommu_pci_seg;
  readonly devid: number;
}

function unitsOf(k: kernel): AmdUnits | null {
  const read = k.acpi?.ivrs ?? null;
  return typeof read === 'string' ? null : read;
}

function* knownOf(k: kernel, units: AmdUnits, dev: device): Task<Known | null> {
  const id =
    dev.pci === null
      ? yield* acpihidEntryOf(k, dev)
      : { segment: dev.pci.segment, devid: pci_dev_id(dev.pci) };
  const segment = id === null ? undefined : units.segments.get(id.segment);
  return id === null || segment === undefined ? null : { segment, devid: id.devid };
}

/** Only what lies within the table's entries counts. @linux drivers/iommu/amd/iommu.c check_device */
function* check_device(k: kernel, dev: device): Task<iommu_device | null> {
  const units = unitsOf(k);
  if (units === null) return look(k.world, () => k.scopes.get(dev)) ?? null;
  const known = yield* knownOf(k, units, dev);
  if (known === null) return null;
  const iommu = yield* k.__rlookup_amd_iommu(dev, known.segment, known.devid);
  return known.devid > known.segment.last_bdf ? null : iommu;
}

/** What is allocated for a table of pointers in whole pages, a power of two of them. @linux include/asm-generic/getorder.h get_order */
export function entriesInPages(entries: number): number {
  return 2 ** Math.max(9, Math.ceil(Math.log2(entries)));
}

type Rlookup = (
  k: kernel,
  dev: device,
  segment: amd_iommu_pci_seg,
  devid: number,
) => Task<iommu_device | null>;

/** @param room how many entries there is memory for, when the table is made for so many */
export function rlookupAmdIommu(room: (entries: number) => number): Rlookup {
  return function* (k, dev, { last_bdf, rlookup_table }, devid) {
    if (devid >= room(last_bdf + 1)) {
      const message =
        `rlookup_table[${hex(devid)}] is read for ${dev.text}, beyond the end of the table, ` +
        'and what is there is taken for an IOMMU';
      throw new Crash('null-deref', 'amd_iommu', message, 'iommu->pci_seg');
    }
    const known = look(k.world, () => k.scopes.get(dev));
    const unit = rlookup_table.get(devid);
    if (known !== undefined || unit === undefined) return known ?? null;
    const instances = k.units?.instances ?? [];
    return (
      look(k.world, () => instances.find((one) => one instanceof amd_iommu && one.ivhd === unit)) ??
      null
    );
  };
}

/** Looked at before anybody asks whether the table has such an entry. @linux drivers/iommu/amd/iommu.c __rlookup_amd_iommu */
export const __rlookup_amd_iommu: Rlookup = rlookupAmdIommu(entriesInPages);

// ---- devices -------------------------------------------------------------------------------------

/** No fwspec: IVRS says which IOMMU a device is behind. @linux drivers/iommu/amd/iommu.c amd_iommu_probe_device */
function* amd_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const iommu = yield* check_device(k, dev);
  if (!(iommu instanceof amd_iommu) || look(k.world, () => iommu.ops) === null)
    return ERR_PTR(-ENODEV);
  if ((yield* k.dev_iommu_priv_get(dev)) !== null) return iommu;
  const ret = yield* iommu_init_device(k, iommu, dev);
  return ret ? ERR_PTR(ret) : iommu;
}

/** @linux drivers/iommu/amd/iommu.c iommu_init_device */
function* iommu_init_device(k: kernel, iommu: amd_iommu, dev: device): Task<errno> {
  const known_data = look(k.world, () => iommu.dev_data_list.get(dev));
  const dev_data = known_data ?? (yield* k.kzalloc(iommu_dev_data));
  if (dev_data === null) return -ENOMEM;
  assign(k.world, dev_data, 'iommu', iommu);
  setIn(k.world, iommu.dev_data_list, dev, dev_data);
  yield* k.dev_iommu_priv_set(dev, dev_data);
  const units = unitsOf(k);
  const known = units === null ? null : yield* knownOf(k, units, dev);
  if (known === null) return 0;
  dev_data.ids =
    dev.pci === null ? [known.devid] : yield* setup_aliases(k, dev.pci, iommu, known.segment);
  return 0;
}

/** x86 has no arch_setup_dma_ops(). @linux drivers/iommu/amd/iommu.c amd_iommu_probe_finalize */
function* amd_iommu_probe_finalize(k: kernel, dev: device): Task {
  yield* write(dev.dma_ops, null);
  yield* k.iommu_setup_dma_ops(dev);
}

/** @linux drivers/iommu/amd/iommu.c amd_iommu_release_device */
function* amd_iommu_release_device(k: kernel, dev: device): Task {
  if ((yield* check_device(k, dev)) !== null) yield* k.clearPriv(dev);
}

/** @linux drivers/iommu/amd/iommu.c amd_iommu_device_group */
function* amd_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  if (dev.pci !== null) return yield* k.pci_device_group(dev);
  const entry = yield* acpihidEntryOf(k, dev);
  const iommu = yield* check_device(k, dev);
  if (entry === null || !(iommu instanceof amd_iommu)) return yield* k.generic_device_group(dev);
  return yield* acpihid_device_group(k, dev, iommu, entry.devid);
}

// ---- domains -------------------------------------------------------------------------------------

/** Whether an IOMMU translates for guests and answers page requests, by its registers or what firmware repeats of them. */
export function translatesForProcesses({ ivhd, hardware }: amd_iommu): boolean {
  if (ivhd === null) return false;
  const { features, flags } = ivhd;
  const efr = hardware.extendedFeatures ?? ivhd.efr;
  if (efr === null) return (features & 0x04) !== 0 && (flags & 0x80) !== 0;
  return (efr & 0x12n) === 0x12n;
}

/**
 * A device whose requests can name address spaces of processes is not translated without them. That
 * memory is not encrypted is assumed.
 *
 * @param capable whether this is such a device, and the IOMMUs support it
 */
export function amdDefDomainType(
  capable: (k: kernel, pdev: pci_dev, iommu: amd_iommu) => boolean,
): NonNullable<iommu_ops['def_domain_type']> {
  /** @linux drivers/iommu/amd/iommu.c amd_iommu_def_domain_type */
  return function* amd_iommu_def_domain_type(k: kernel, dev: device): Task<DomainType | null> {
    const iommu = yield* check_device(k, dev);
    if (dev.pci === null || !(iommu instanceof amd_iommu)) return null;
    if (yield* k.isUntrusted(dev.pci)) return IOMMU_DOMAIN_DMA;
    const looks = defaultsToIdentity(k.config) || !k.config.amd_iommu_force_isolation;
    return looks && capable(k, dev.pci, iommu) ? IOMMU_DOMAIN_IDENTITY : null;
  };
}

/** @linux drivers/iommu/amd/iommu.c pdev_pasid_supported */
function pasidSupported({ units }: kernel, { pasid }: pci_dev): boolean {
  const all = units?.instances ?? [];
  return pasid && all.every((one) => one instanceof amd_iommu && translatesForProcesses(one));
}

export const amd_iommu_ops: iommu_ops = {
  text: 'amd_iommu_ops',
  driver: 'amd-iommu',
  deferred_flush: true,
  probe_device: amd_iommu_probe_device,
  probe_finalize: amd_iommu_probe_finalize,
  release_device: amd_iommu_release_device,
  device_group: amd_iommu_device_group,
  def_domain_type: amdDefDomainType(pasidSupported),
  attachments: (data) =>
    data instanceof iommu_dev_data && data.iommu !== null
      ? [{ instance: data.iommu, ids: data.ids }]
      : [],
  attach_dev: attachAnyInstance,
};

export const amd_iommu_driver: IommuDriver = {
  name: 'amd-iommu',
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
