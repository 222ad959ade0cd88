import {
  assign,
  type Cell,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  read,
  type Task,
  write,
} from '../../../../../explore/index.ts';
import { type FdtNode, propertyOf, u32 } from '../../../../../firmware/fdt/index.ts';
import { FormatError } from '../../../../../util/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ENOMEM,
  ENOSPC,
  ENXIO,
  ERR_PTR,
  type ErrPtr,
  type errno,
  IS_ERR,
} from '../../../../include/linux/errno.ts';
import {
  type DomainType,
  IOMMU_DOMAIN_IDENTITY,
  iommu_device,
  type iommu_domain,
  type iommu_fwspec,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { attachTo, pciOrGenericGroup, registerInstance } from '../../common/common.ts';
import type { IommuDriver } from '../../common/driver.ts';
import { matches, type QcomMatches, qcomV6_12 } from './arm-smmu-qcom.ts';
import { interruptsErrno } from './firmware.ts';
import {
  arm_smmu_master_alloc_smes,
  arm_smmu_master_cfg,
  arm_smmu_master_free_smes,
  entriesOf,
  type StreamEntry,
} from './stream-mapping.ts';

const driver = 'arm-smmu';

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.h arm_smmu_device */
export class arm_smmu_device extends iommu_device {
  // Where nobody knows the ID registers: the largest that the architecture allows without extensions.
  readonly streamid_mask: number = 2 ** (this.hardware.streamIdBits ?? 15) - 1;
  readonly smr_mask_mask: number = this.streamid_mask;
  readonly num_mapping_groups: number = this.hardware.streamMappingEntries ?? 128;
  /** How many context banks are in use. */
  readonly context_map: Cell<number> = this.cell('context_map', 0);
  readonly stream_map_mutex: Mutex = new Mutex(
    this.world,
    'stream_map_mutex',
    this,
    'smmu->stream_map_mutex',
  );
  readonly entries: Cell<readonly (StreamEntry | null)[]> = this.cell<
    readonly (StreamEntry | null)[]
  >('smrs', []);
}

/** Its devicetree node lists its masters, in the binding of old. */
function listsMasters({ of_node }: device): boolean {
  return of_node !== null && propertyOf(of_node, 'mmu-masters') !== undefined;
}

/** `using_legacy_binding`: all SMMUs do as the first one does. Linux means the first that probes. */
function usesLegacyBinding(k: kernel): boolean {
  for (const [dev, instance] of k.instances)
    if (instance instanceof arm_smmu_device) return listsMasters(dev);
  return false;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_device_probe */
export function* arm_smmu_device_probe(k: kernel, dev: device): Task<errno> {
  const legacy = usesLegacyBinding(k);
  if (listsMasters(dev) !== legacy) {
    k.dev_err(dev, 'not probing due to mismatched DT properties');
    return -ENODEV;
  }
  const smmu = k.instanceOf(dev);
  const err = interruptsErrno(k, dev, smmu.hardware.contextBanks);
  if (err) return err;
  assign(k.world, smmu, 'withoutNode', legacy);
  return yield* registerInstance(k, dev, driver);
}

/** Stream ID in the lower half, SMR mask in the upper. */
export function firmwareId(np: FdtNode, [sid = 0, mask]: readonly number[]): number {
  const upper = (mask ?? streamMatchMask(np)) & 0xffff;
  return ((sid & 0xffff) | (upper << 16)) >>> 0;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_of_xlate */
function* arm_smmu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  return yield* k.iommu_fwspec_add_ids(dev, [firmwareId(np, args)]);
}

function streamMatchMask(np: FdtNode): number {
  const property = propertyOf(np, 'stream-match-mask');
  if (property === undefined) return 0;
  try {
    return u32(property);
  } catch (error) {
    if (error instanceof FormatError) return 0;
    throw error;
  }
}

/** The driver's `probe_device`, by what it answers when there is no instance: 0 for no test. */
export function armSmmuProbeDevice(absent: errno): iommu_ops['probe_device'] {
  return function* arm_smmu_probe_device(k, dev) {
    return yield* probeDevice(k, dev, absent);
  };
}

/**
 * Without a test for NULL the instance is used all the same.
 *
 * @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_probe_device
 */
function* probeDevice(k: kernel, dev: device, absent: errno): Task<iommu_device | ErrPtr> {
  const described = usesLegacyBinding(k)
    ? yield* describedBySmmu(k, dev)
    : yield* describedByItself(k, dev, absent);
  if (IS_ERR(described)) return described;
  const { fwspec, smmu } = described;
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids', 'fwspec'));
  const ids = (yield* read(field(k.world, fwspec, 'ids', 'fwspec'))).slice(0, num_ids);
  let ret: errno;
  out_free: {
    ret = -EINVAL;
    for (const id of ids) {
      if ((id & 0xffff & ~field(k.world, smmu, 'streamid_mask', 'smmu')) !== 0) {
        k.dev_err(dev, `stream ID 0x${(id & 0xffff).toString(16)} out of range for SMMU`);
        break out_free;
      }
      if (((id >>> 16) & ~field(k.world, smmu, 'smr_mask_mask', 'smmu')) !== 0) {
        k.dev_err(dev, `SMR mask 0x${(id >>> 16).toString(16)} out of range for SMMU`);
        break out_free;
      }
    }
    ret = -ENOMEM;
    const cfg = yield* k.kzalloc(arm_smmu_master_cfg);
    if (cfg === null) break out_free;
    cfg.smmu = smmu;
    cfg.room = num_ids;
    yield* k.dev_iommu_priv_set(dev, cfg);
    field(k.world, smmu, 'dev', 'smmu'); // arm_smmu_rpm_get()
    ret = yield* arm_smmu_master_alloc_smes(k, dev, cfg);
    if (!ret) {
      k.probeSaw(dev, ids, 1);
      if (smmu !== null) yield* k.device_link_add(dev, smmu.dev);
      return smmu as arm_smmu_device;
    }
    yield* k.kfree(cfg);
  }
  yield* k.dropFwspec(dev);
  return ERR_PTR(ret);
}

/** What firmware says of a device, and the instance, which may be NULL. */
interface Described {
  /** NULL where somebody has freed what the masters of an SMMU have just made. */
  readonly fwspec: iommu_fwspec | null;
  readonly smmu: arm_smmu_device | null;
}

function* describedByItself(k: kernel, dev: device, absent: errno): Task<Described | ErrPtr> {
  const fwspec = yield* k.ownFwspec(dev, driver);
  if (fwspec === null) return ERR_PTR(-ENODEV);
  const smmu = (yield* k.arm_smmu_get_by_fwnode(
    driver,
    yield* read(fwspec.iommu_fwnode),
  )) as arm_smmu_device | null;
  return smmu === null && absent ? ERR_PTR(absent) : { fwspec, smmu };
}

function* describedBySmmu(k: kernel, dev: device): Task<Described | ErrPtr> {
  const smmu = yield* k.arm_smmu_register_legacy_master(dev);
  if (!IS_ERR(smmu)) {
    const fwspec = yield* k.dev_iommu_fwspec_get(dev);
    return { fwspec, smmu: smmu as arm_smmu_device };
  }
  yield* k.dropFwspec(dev);
  return smmu;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_release_device */
function* arm_smmu_release_device(k: kernel, dev: device): Task {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master_cfg | null;
  field(k.world, field(k.world, cfg, 'smmu'), 'dev'); // arm_smmu_rpm_get()
  if (cfg !== null) yield* arm_smmu_master_free_smes(k, cfg, fwspec);
  yield* k.clearPriv(dev);
  yield* k.kfree(cfg);
}

/** Devices whose stream entries coincide share a group. @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_device_group */
function* arm_smmu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master_cfg | null;
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const smmu = field(k.world, cfg, 'smmu', 'cfg') as arm_smmu_device;
  yield* mutex_lock(smmu.stream_map_mutex);
  const smendx = yield* entriesOf(k, cfg, fwspec);
  const entries = yield* read(smmu.entries);
  let known: iommu_group | null = null;
  let mixed = false;
  for (const index of smendx) {
    const entry = entries[index]?.group ?? null;
    mixed ||= known !== null && entry !== null && known !== entry;
    known = entry; // the last entry decides, also when it has none
  }
  let group: iommu_group | ErrPtr;
  if (mixed) group = ERR_PTR(-EINVAL);
  else if (known !== null) group = yield* k.iommu_group_ref_get(known);
  else group = yield* newGroup(k, dev, smmu, smendx);
  yield* mutex_unlock(smmu.stream_map_mutex);
  return group;
}

/** Only a group that is new is noted with the entries. */
function* newGroup(
  k: kernel,
  dev: device,
  smmu: arm_smmu_device,
  smendx: readonly number[],
): Task<iommu_group | ErrPtr> {
  const group =
    dev.bus.name === 'fsl-mc'
      ? yield* k.fsl_mc_device_group(dev)
      : yield* pciOrGenericGroup(k, dev);
  if (IS_ERR(group)) return group;
  const entries = [...(yield* read(smmu.entries))];
  for (const index of smendx) {
    const entry = entries[index] ?? null;
    if (entry !== null) entries[index] = { ...entry, group };
  }
  yield* write(smmu.entries, entries);
  return group;
}

/** The driver's `attach_dev`, by whether a device must have a fwspec that is the driver's. */
export function armSmmuAttachDev(asks: boolean): iommu_ops['attach_dev'] {
  return function* arm_smmu_attach_dev(k, domain, dev) {
    return yield* attachDev(k, domain, dev, asks);
  };
}

/** A domain that translates takes a context bank with its first device. @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_attach_dev */
function* attachDev(k: kernel, domain: iommu_domain, dev: device, asks: boolean): Task<errno> {
  const fwspec = asks ? yield* k.ownFwspec(dev, driver) : yield* k.dev_iommu_fwspec_get(dev);
  if (asks && fwspec === null) return -ENXIO;
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master_cfg | null;
  if (cfg === null) return -ENODEV;
  const { smmu } = cfg;
  if (domain.type !== IOMMU_DOMAIN_IDENTITY && (yield* read(domain.instance)) === null)
    if ((yield* takeContextBank(smmu)) < 0) return -ENOSPC;
  const ret = yield* attachTo(domain, smmu);
  if (!ret) yield* entriesOf(k, cfg, fwspec); // each of them is switched to the domain
  return ret;
}

/** Nobody counts where it is not known how many there are. */
function* takeContextBank(smmu: iommu_device | null): Task<errno> {
  if (!(smmu instanceof arm_smmu_device)) return 0;
  const { contextBanks } = smmu.hardware;
  if (contextBanks === undefined) return 0;
  const used = yield* read(smmu.context_map);
  if (used >= contextBanks) return -ENOSPC;
  yield* write(smmu.context_map, used + 1);
  return 0;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_domain_free */
function* arm_smmu_domain_free(_k: kernel, domain: iommu_domain): Task {
  if (domain.type === IOMMU_DOMAIN_IDENTITY) return;
  const smmu = yield* read(domain.instance);
  if (!(smmu instanceof arm_smmu_device) || smmu.hardware.contextBanks === undefined) return;
  yield* write(smmu.context_map, (yield* read(smmu.context_map)) - 1);
}

/** The driver's wishes. What firmware has set up for a display or a modem stays behind Qualcomm's SMMUs. */
export function armSmmuDefDomainType(of: QcomMatches): NonNullable<iommu_ops['def_domain_type']> {
  /** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_def_domain_type */
  return function* arm_smmu_def_domain_type(k, dev): Task<DomainType | null> {
    if (usesLegacyBinding(k)) return IOMMU_DOMAIN_IDENTITY;
    if (!matches(dev.of_node, of.clients)) return null;
    const cfg = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master_cfg | null;
    const smmu = field(k.world, cfg, 'smmu');
    return matches(smmu?.dev.of_node ?? null, of.smmus) ? IOMMU_DOMAIN_IDENTITY : null;
  };
}

export const arm_smmu_ops: iommu_ops = {
  text: 'arm_smmu_ops',
  driver,
  deferred_flush: true,
  of_xlate: arm_smmu_of_xlate,
  probe_device: armSmmuProbeDevice(0),
  release_device: arm_smmu_release_device,
  device_group: arm_smmu_device_group,
  def_domain_type: armSmmuDefDomainType(qcomV6_12),
  attach_dev: armSmmuAttachDev(true),
  domain_free: arm_smmu_domain_free,
};

export const arm_smmu: IommuDriver = {
  name: driver,
  kind: 'fwspec-unsure',
  ops: arm_smmu_ops,
  compatible: [
    'arm,smmu-v1',
    'arm,smmu-v2',
    'arm,mmu-400',
    'arm,mmu-401',
    'arm,mmu-500',
    'cavium,smmu-v2',
    'nvidia,smmu-500',
    'qcom,smmu-v2',
  ],
  acpi: { table: 'iort', nodes: ['smmu'] },
  config: 'CONFIG_ARM_SMMU',
  cells: 1,
  gets: { clocks: 'all' },
  probe: arm_smmu_device_probe,
  instance: arm_smmu_device,
};
