import {
  field,
  look,
  mutex_lock,
  mutex_unlock,
  Struct,
  type Task,
  write,
} from '../../../../explore/index.ts';
import type { DmarRegisters } from '../../../hardware.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../../include/linux/errno.ts';
import {
  type DomainType,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  iommu_device,
  type iommu_group,
  type iommu_ops,
} from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { dmaAliases } from '../../pci/search.ts';
import { pciOrGenericGroup } from '../common/common.ts';
import type { IommuDriver } from '../common/driver.ts';
import { graphicsAreOff, isGraphics, isOfProcessor } from './graphics.ts';
import { detect_intel_iommu, intel_iommu_init, intelUnitOf } from './init.ts';
import {
  type IntelLocks,
  intel_statics,
  intelAttachDevice,
  lockInProbe,
  lockInRelease,
} from './locks.ts';
import { translatesProcessorGraphics } from './options.ts';

const driver = 'intel-iommu';

/** @linux drivers/iommu/intel/iommu.h device_domain_info */
class device_domain_info extends Struct {
  iommu: iommu_device | null = null;
  /** What the unit sees in the place of the device: for each of them it has a context entry. */
  source_ids: readonly number[] = [];
}

/**
 * What a unit that is hot-plugged does: it comes with the host bridge whose devices it serves, and the
 * lock around the list of units is held for as long as the core probes them.
 *
 * @linux drivers/iommu/intel/dmar.c dmar_device_hotplug
 */
function* dmar_device_hotplug(k: kernel, dev: device): Task<errno> {
  const { dmar_global_lock } = k.staticsOf(driver, intel_statics);
  yield* mutex_lock(dmar_global_lock); // an rwsem, for writing
  const err = yield* alloc_iommu(k, dev);
  yield* mutex_unlock(dmar_global_lock);
  return err;
}

/** @linux drivers/iommu/intel/dmar.c alloc_iommu */
function* alloc_iommu(k: kernel, dev: device): Task<errno> {
  return yield* k.iommu_device_register(k.instanceOf(dev), k.opsOf(driver));
}

/** No fwspec: DMAR says which unit a device is in the scope of. */
function intelProbeDevice(locks: IntelLocks): iommu_ops['probe_device'] {
  /** @linux drivers/iommu/intel/iommu.c intel_iommu_probe_device */
  return function* intel_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
    const found = intelUnitOf(k, dev);
    if (found === null || look(k.world, () => found.iommu.ops) === null) return ERR_PTR(-ENODEV);
    const { iommu, id } = found;
    const info = yield* k.kzalloc(device_domain_info);
    if (info === null) return ERR_PTR(-ENOMEM);
    info.iommu = iommu;
    if (dev.pci !== null) info.source_ids = dmaAliases(dev.pci).map(({ alias }) => alias);
    else if (id !== null) info.source_ids = [id];
    yield* k.dev_iommu_priv_set(dev, info);
    lockInProbe(k, dev, locks);
    return iommu;
  };
}

/** x86 has no arch_setup_dma_ops(). @linux drivers/iommu/intel/iommu.c intel_iommu_probe_finalize */
function* intel_iommu_probe_finalize(k: kernel, dev: device): Task {
  yield* write(dev.dma_ops, null);
  yield* k.iommu_setup_dma_ops(dev);
}

function intelReleaseDevice(locks: IntelLocks): NonNullable<iommu_ops['release_device']> {
  /** @linux drivers/iommu/intel/iommu.c intel_iommu_release_device */
  return function* intel_iommu_release_device(k: kernel, dev: device): Task {
    const info = (yield* k.dev_iommu_priv_get(dev)) as device_domain_info | null;
    field(k.world, info, 'iommu');
    lockInRelease(k, dev, locks);
    yield* k.clearPriv(dev);
    yield* k.kfree(info);
    yield* write(dev.dma_ops, null);
  };
}

/** What takes locks of a unit or of a domain, as a kernel takes them. */
export function intelOpsWith(
  locks: IntelLocks,
): Pick<iommu_ops, 'probe_device' | 'attach_dev' | 'release_device'> {
  return {
    probe_device: intelProbeDevice(locks),
    attach_dev: intelAttachDevice(locks),
    release_device: intelReleaseDevice(locks),
  };
}

/** @linux drivers/iommu/intel/iommu.c intel_iommu_device_group */
function* intel_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

/**
 * What is not translated for its own good, and what cannot be left untranslated.
 *
 * @param graphics whether all graphics are meant, where graphics are not to be translated
 * @param passThrough whether it matters that a unit cannot pass requests through as they are
 */
export function intelDefDomainType(
  graphics: boolean,
  passThrough: boolean,
): NonNullable<iommu_ops['def_domain_type']> {
  /** @linux drivers/iommu/intel/iommu.c device_def_domain_type */
  return function* device_def_domain_type(k: kernel, dev: device): Task<DomainType | null> {
    const { pci } = dev;
    if (pci !== null && isOfProcessor(pci) && !translatesProcessorGraphics(k.config))
      return IOMMU_DOMAIN_IDENTITY;
    if (pci !== null && graphics && isGraphics(pci) && graphicsAreOff(k))
      return IOMMU_DOMAIN_IDENTITY;
    const registers = intelUnitOf(k, dev)?.unit?.registers ?? null;
    return passThrough && registers !== null && !passesThrough(registers) ? IOMMU_DOMAIN_DMA : null;
  };
}

function passesThrough({ ecap }: DmarRegisters): boolean {
  return ((ecap >> 6n) & 1n) === 1n;
}

export const intel_iommu_ops: iommu_ops = {
  text: 'intel_iommu_ops',
  driver,
  deferred_flush: true,
  ...intelOpsWith({ tracks: false, numbers: false }),
  probe_finalize: intel_iommu_probe_finalize,
  device_group: intel_iommu_device_group,
  def_domain_type: intelDefDomainType(true, false),
  attachments: (info) =>
    info instanceof device_domain_info && info.iommu !== null
      ? [{ instance: info.iommu, ids: info.source_ids }]
      : [],
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
  probe: dmar_device_hotplug,
  statics: intel_statics,
  units: { detect: detect_intel_iommu, init: intel_iommu_init },
  instance: iommu_device,
};
