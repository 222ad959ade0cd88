import {
  type Cell,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  read,
  Struct,
  type Task,
  write,
} from '../../../../../explore/index.ts';
import type { FdtNode } from '../../../../../firmware/fdt/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import {
  EBUSY,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOMEM,
  ERANGE,
  ERR_PTR,
  type ErrPtr,
  type errno,
} from '../../../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { firstCell } from '../../../of/base.ts';
import { attachTo, idsOf, pciOrGenericGroup, registerInstance } from '../../common/common.ts';
import type { IommuDriver } from '../../common/driver.ts';
import { checkIndex } from '../../common/stray.ts';
import { registerBytesOf, STRTAB_BITS, smmuV3RegisterBytes } from './firmware.ts';
import { arm_smmu_stream, erase, Streams } from './streams.ts';

const driver = 'arm-smmu-v3';

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h arm_smmu_master */
class arm_smmu_master extends Struct {
  smmu: arm_smmu_device | null = null;
  readonly streams: Cell<arm_smmu_stream | null> = this.cell<arm_smmu_stream | null>(
    'streams',
    null,
  );
}

/** What comes of a StreamID that is in the table already, by who has it. */
export interface StreamTaken {
  readonly byItself: errno;
  readonly byOther: errno;
  readonly says?: (sid: number, owner: device) => string;
  /** A master's StreamIDs are put into order before any is looked for. */
  readonly sorts?: true;
}

const inTree = (sid: number, owner: device): string =>
  `stream ${sid} already in tree from dev ${owner.name}`;

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h arm_smmu_device */
export class arm_smmu_device extends iommu_device {
  readonly streams_mutex: Mutex = new Mutex(
    this.world,
    'streams_mutex',
    this,
    'smmu->streams_mutex',
  );
  /** Which device owns which StreamID: one each. */
  readonly streams: Cell<Streams> = this.cell('streams', Streams.none());
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_device_probe */
export function* arm_smmu_device_probe(k: kernel, dev: device): Task<errno> {
  const ret = dev.of_node === null ? 0 : dtProbe(k, dev, dev.of_node);
  if (ret && (yield* k.smmuV3Refuses())) return ret;
  if (dev.of_node !== null && isTooSmall(dev.of_node)) {
    k.dev_err(dev, 'MMIO region too small');
    return -EINVAL;
  }
  return yield* registerInstance(k, dev, driver);
}

function isTooSmall(np: FdtNode): boolean {
  const bytes = registerBytesOf(np);
  return bytes !== null && bytes < smmuV3RegisterBytes(np);
}

/** `arm_smmu_device_dt_probe()`. */
function dtProbe(k: kernel, dev: device, np: FdtNode): errno {
  const cells = firstCell(np, '#iommu-cells');
  if (cells === 1) return 0;
  k.dev_err(dev, cells === null ? 'missing #iommu-cells' : `invalid #iommu-cells value (${cells})`);
  return -EINVAL;
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_of_xlate */
function* arm_smmu_of_xlate(
  k: kernel,
  dev: device,
  { args: [id = 0] }: of_phandle_args,
): Task<errno> {
  return yield* k.iommu_fwspec_add_ids(dev, [id]);
}

/** The driver's `probe_device`, by what it makes of a StreamID that is taken. */
export function armSmmuV3ProbeDevice(taken: StreamTaken): iommu_ops['probe_device'] {
  return function* arm_smmu_probe_device(k, dev) {
    return yield* probeDevice(k, dev, taken);
  };
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_probe_device */
function* probeDevice(k: kernel, dev: device, taken: StreamTaken): Task<iommu_device | ErrPtr> {
  const fwspec = yield* k.ownFwspec(dev, driver);
  if (fwspec === null) return ERR_PTR(-ENODEV);
  if (
    k.WARN_ON(
      (yield* k.dev_iommu_priv_get(dev)) !== null,
      'dev->iommu->priv is set before probe_device()',
    )
  ) {
    return ERR_PTR(-EBUSY);
  }
  const smmu = yield* k.arm_smmu_get_by_fwnode(driver, yield* read(fwspec.iommu_fwnode));
  if (smmu === null) {
    k.dev_dbg(dev, 'the SMMU is registered but its driver is not bound yet');
    return ERR_PTR(-ENODEV);
  }
  const master = yield* k.kzalloc(arm_smmu_master);
  if (master === null) return ERR_PTR(-ENOMEM);
  master.smmu = smmu as arm_smmu_device;
  yield* k.dev_iommu_priv_set(dev, master);
  const ret = yield* arm_smmu_insert_master(k, smmu as arm_smmu_device, master, dev, taken);
  if (ret) {
    yield* k.kfree(master);
    yield* k.clearPriv(dev);
    return ERR_PTR(ret);
  }
  return smmu;
}

/**
 * A StreamID has one owner; sharing one is refused. There is room for the IDs that the fwspec had at
 * the beginning.
 *
 * @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_insert_master
 */
function* arm_smmu_insert_master(
  k: kernel,
  smmu: arm_smmu_device,
  master: arm_smmu_master,
  dev: device,
  taken: StreamTaken,
): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids'));
  const streams = yield* k.kzalloc(arm_smmu_stream);
  if (streams === null) return -ENOMEM;
  streams.dev = dev;
  streams.room = num_ids;
  yield* write(master.streams, streams);
  yield* mutex_lock(smmu.streams_mutex);
  const ids = yield* idsOf(k, fwspec);
  k.probeSaw(dev, ids, 1);
  yield* write(streams.ids, taken.sorts ? ids.toSorted((a, b) => a - b) : ids);
  const ret = yield* insertStreams(k, smmu, streams, taken);
  if (ret) yield* k.kfree(streams);
  yield* mutex_unlock(smmu.streams_mutex);
  return ret;
}

/** All of them, or none. */
function* insertStreams(
  k: kernel,
  smmu: arm_smmu_device,
  array: arm_smmu_stream,
  taken: StreamTaken,
): Task<errno> {
  const ids = yield* read(array.ids);
  const streamIdBits = Math.min(smmu.hardware.streamIdBits ?? STRTAB_BITS, STRTAB_BITS);
  const before = yield* read(smmu.streams);
  let tree = before;
  let ret: errno = 0;
  let index = 0;
  for (; index < ids.length; index++) {
    checkIndex('arm_smmu_stream', index, array.room);
    const sid = ids[index] as number;
    if (sid >= 2 ** streamIdBits) {
      k.dev_err(array.dev, `StreamID 0x${sid.toString(16)} is out of range`);
      ret = -ERANGE;
      break;
    }
    const met = tree.metBy(sid);
    if (met !== null && met.array !== array) yield* read(met.array.ids);
    const existing = tree.nodeOf(sid);
    if (existing === null) {
      tree = tree.with(sid, { array, index });
      continue;
    }
    ret = existing.array === array ? taken.byItself : taken.byOther;
    if (!ret) continue;
    const { says = inTree } = taken;
    k.dev_warn(array.dev, says(sid, existing.array.dev as device));
    break;
  }
  if (ret) {
    // What was put in comes out again, which is what was there before, but for what is there twice.
    if (new Set(ids.slice(0, index)).size === index) tree = before;
    else while (--index >= 0) tree = erase(k, tree, array, ids, index);
  }
  yield* write(smmu.streams, tree);
  return ret;
}

/** As many as the fwspec says now. @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_remove_master */
function* arm_smmu_remove_master(k: kernel, dev: device, master: arm_smmu_master): Task {
  const { smmu } = master;
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const streams = yield* read(master.streams);
  if (smmu === null || streams === null) return;
  yield* mutex_lock(smmu.streams_mutex);
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids', 'fwspec'));
  const ids = yield* read(streams.ids);
  let tree = yield* read(smmu.streams);
  for (let index = 0; index < num_ids; index++) {
    checkIndex('arm_smmu_stream', index, streams.room);
    tree = erase(k, tree, streams, ids, index);
  }
  yield* write(smmu.streams, tree);
  yield* mutex_unlock(smmu.streams_mutex);
  yield* k.kfree(streams);
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_release_device */
function* arm_smmu_release_device(k: kernel, dev: device): Task {
  const master = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master | null;
  field(k.world, master, 'smmu');
  if (master !== null) yield* arm_smmu_remove_master(k, dev, master);
  yield* k.kfree(master);
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_device_group */
function* arm_smmu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

/** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_attach_dev */
function* arm_smmu_attach_dev(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return -ENOENT;
  const master = (yield* k.dev_iommu_priv_get(dev)) as arm_smmu_master | null;
  return yield* attachTo(domain, field(k.world, master, 'smmu'));
}

export const arm_smmu_ops: iommu_ops = {
  text: 'arm_smmu_ops',
  driver,
  deferred_flush: true,
  of_xlate: arm_smmu_of_xlate,
  probe_device: armSmmuV3ProbeDevice({ byItself: -EINVAL, byOther: -EINVAL }),
  release_device: arm_smmu_release_device,
  device_group: arm_smmu_device_group,
  attach_dev: arm_smmu_attach_dev,
};

export const arm_smmu_v3: IommuDriver = {
  name: driver,
  kind: 'fwspec',
  ops: arm_smmu_ops,
  compatible: ['arm,smmu-v3'],
  acpi: { table: 'iort', nodes: ['smmu-v3'] },
  config: 'CONFIG_ARM_SMMU_V3',
  cells: 1,
  probe: arm_smmu_device_probe,
  instance: arm_smmu_device,
};
