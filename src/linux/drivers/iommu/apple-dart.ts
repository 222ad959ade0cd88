import {
  assign,
  type Cell,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  read,
  Struct,
  type Task,
  write,
} from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
  IS_ERR,
} from '../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { drvdataOfNode, pciOrGenericGroup, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { stray } from './common/stray.ts';

const driver = 'apple-dart';

/** @linux drivers/iommu/apple-dart.c apple_dart */
export class apple_dart extends iommu_device {
  /** The group of each stream. */
  readonly sid2group: Cell<ReadonlyMap<number, iommu_group>> = this.cell<
    ReadonlyMap<number, iommu_group>
  >('sid2group', new Map());
}

/** The static variables of drivers/iommu/apple-dart.c. */
class dart_statics extends Struct {
  readonly apple_dart_groups_lock: Mutex = new Mutex(this.world, 'apple_dart_groups_lock');
}

interface StreamMap {
  readonly text: string;
  readonly dart: apple_dart;
  readonly sids: readonly number[];
}

/** The stream numbers are a bitmap. */
function streamMap(dart: apple_dart, numbers: readonly number[]): StreamMap {
  const sids = [...new Set(numbers)];
  return { text: `${dart.dev.name}:${sids.join('+')}`, dart, sids };
}

/** Stream numbers by DART. Made by the first `of_xlate`. @linux drivers/iommu/apple-dart.c apple_dart_master_cfg */
export class apple_dart_master_cfg extends Struct {
  readonly stream_maps: Cell<readonly StreamMap[]> = this.cell<readonly StreamMap[]>(
    'stream_maps',
    [],
  );
  /** For looking at the end state: the streams that go through a domain. */
  attached: readonly StreamMap[] = [];
}

/** @linux drivers/iommu/apple-dart.c apple_dart_probe */
export function* apple_dart_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** What differs in `of_xlate` from kernel to kernel. */
export interface DartXlate {
  readonly MAX_DARTS_PER_DEVICE: number;
  /** It looks at every DART; else it compares a further one with the first. */
  readonly looks: boolean;
}

/** The driver's `of_xlate`. */
export function appleDartOfXlate(how: DartXlate): NonNullable<iommu_ops['of_xlate']> {
  return function* apple_dart_of_xlate(k, dev, args) {
    return yield* ofXlate(k, dev, args, how);
  };
}

/**
 * Keeps its own list of streams in `priv`, not ids in the fwspec. A DART whose driver has gone is NULL,
 * which as the first one goes into the list like any other: as its end.
 *
 * @linux drivers/iommu/apple-dart.c apple_dart_of_xlate
 */
function* ofXlate(
  k: kernel,
  dev: device,
  { np, args }: of_phandle_args,
  { MAX_DARTS_PER_DEVICE, looks }: DartXlate,
): Task<errno> {
  const dart = (yield* drvdataOfNode(k, np)) as apple_dart | null;
  let cfg = (yield* k.dev_iommu_priv_get(dev)) as apple_dart_master_cfg | null;
  const [sid] = args;
  if (args.length !== 1 || sid === undefined) return -EINVAL;
  cfg ??= yield* k.kzalloc(apple_dart_master_cfg);
  if (cfg === null) return -ENOMEM;
  yield* k.dev_iommu_priv_set(dev, cfg);
  if (dart === null) {
    if (looks || (yield* read(cfg.stream_maps)).length > 0)
      field<apple_dart, 'dev'>(k.world, null, 'dev', 'dart');
    return 0;
  }
  return yield* addStream(cfg, dart, sid, MAX_DARTS_PER_DEVICE);
}

export function* addStream(
  cfg: apple_dart_master_cfg,
  dart: apple_dart,
  sid: number,
  MAX_DARTS_PER_DEVICE: number,
): Task<errno> {
  const maps = yield* read(cfg.stream_maps);
  const known = maps.findIndex((map) => map.dart === dart);
  if (known < 0 && maps.length >= MAX_DARTS_PER_DEVICE) return -EINVAL;
  const map = streamMap(dart, [...(maps[known]?.sids ?? []), sid]);
  yield* write(cfg.stream_maps, known < 0 ? [...maps, map] : maps.with(known, map));
  return 0;
}

/**
 * Asks for `priv` only, never for a fwspec: a device whose parse was given up half-way looks ready.
 *
 * @linux drivers/iommu/apple-dart.c apple_dart_probe_device
 */
function* apple_dart_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as apple_dart_master_cfg | null;
  return cfg === null ? ERR_PTR(-ENODEV) : yield* firstDart(k, dev, cfg);
}

export function* firstDart(
  k: kernel,
  dev: device,
  cfg: apple_dart_master_cfg,
): Task<apple_dart | null> {
  const maps = yield* read(cfg.stream_maps);
  k.probeSaw(
    dev,
    maps.flatMap((map) => map.sids),
    maps.length,
  );
  for (const { dart } of maps) yield* k.device_link_add(dev, dart.dev);
  // The address of a member of the first DART, which is no error pointer even where there is none.
  return maps[0]?.dart ?? null;
}

/**
 * Streams that are added later are not attached.
 *
 * @linux drivers/iommu/apple-dart.c apple_dart_attach_dev_paging
 */
function* apple_dart_attach_dev_paging(k: kernel, _domain: iommu_domain, dev: device): Task<errno> {
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as apple_dart_master_cfg | null;
  const maps = yield* read(field(k.world, cfg, 'stream_maps'));
  if (cfg !== null) assign(k.world, cfg, 'attached', maps);
  return 0;
}

/** @linux drivers/iommu/apple-dart.c apple_dart_release_device */
function* apple_dart_release_device(k: kernel, dev: device): Task {
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as apple_dart_master_cfg | null;
  yield* k.clearPriv(dev);
  yield* k.kfree(cfg);
}

/** The group of a device's streams, found or made, with the groups' lock held. */
function* streamGroup(
  k: kernel,
  dev: device,
  maps: readonly StreamMap[],
): Task<iommu_group | ErrPtr> {
  let group: iommu_group | null = null;
  for (const { dart, sids } of maps) {
    const sid2group = yield* read(dart.sid2group);
    for (const sid of sids) {
      const stream_group = sid2group.get(sid) ?? null;
      if (group !== null && group !== stream_group) return ERR_PTR(-EINVAL);
      group = stream_group;
    }
  }
  if (group !== null) return yield* k.iommu_group_ref_get(group);
  const made = yield* pciOrGenericGroup(k, dev);
  if (IS_ERR(made))
    // only NULL is an error to the driver
    stray('iommu_group', 'an error pointer is followed as a group', 'group->iommu_data');
  const known = (yield* read(made.iommu_data)) as apple_dart_master_cfg | null;
  if (known === null) {
    const group_master_cfg = yield* k.kzalloc(apple_dart_master_cfg);
    if (group_master_cfg === null) {
      yield* k.iommu_group_put(made);
      return ERR_PTR(-ENOMEM);
    }
    yield* write(group_master_cfg.stream_maps, maps);
    assign(k.world, made, 'iommu_data_release', apple_dart_release_group);
    yield* write(made.iommu_data, group_master_cfg);
  } else {
    const merged = mergedMaps(yield* read(known.stream_maps), maps);
    if (merged === null) {
      yield* k.iommu_group_put(made);
      return ERR_PTR(-EINVAL);
    }
    yield* write(known.stream_maps, merged);
  }
  // sid2group holds no reference of its own: it is cleared when the group goes.
  for (const { dart, sids } of maps) {
    const sid2group = new Map(yield* read(dart.sid2group));
    for (const sid of sids) sid2group.set(sid, made);
    yield* write(dart.sid2group, sid2group);
  }
  return made;
}

/** A later member adds its streams, if both sit behind one and the same DART and no other. */
function mergedMaps(
  known: readonly StreamMap[],
  added: readonly StreamMap[],
): readonly StreamMap[] | null {
  const [one, another] = known;
  const [own, other] = added;
  if (one === undefined || own === undefined || another !== undefined || other !== undefined)
    return null;
  return one.dart === own.dart ? [streamMap(one.dart, [...one.sids, ...own.sids])] : null;
}

/** Devices that share a stream share a group. @linux drivers/iommu/apple-dart.c apple_dart_device_group */
function* apple_dart_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const { apple_dart_groups_lock } = k.staticsOf(driver, dart_statics);
  const cfg = (yield* k.dev_iommu_priv_get(dev)) as apple_dart_master_cfg | null;
  yield* mutex_lock(apple_dart_groups_lock);
  const maps = yield* read(field(k.world, cfg, 'stream_maps'));
  const group = yield* streamGroup(k, dev, maps);
  yield* mutex_unlock(apple_dart_groups_lock);
  return group;
}

/** @linux drivers/iommu/apple-dart.c apple_dart_release_group */
function* apple_dart_release_group(k: kernel, group: iommu_group): Task {
  const { apple_dart_groups_lock } = k.staticsOf(driver, dart_statics);
  const cfg = (yield* read(group.iommu_data)) as apple_dart_master_cfg;
  yield* mutex_lock(apple_dart_groups_lock);
  for (const { dart, sids } of yield* read(cfg.stream_maps)) {
    const sid2group = new Map(yield* read(dart.sid2group));
    for (const sid of sids) sid2group.delete(sid);
    yield* write(dart.sid2group, sid2group);
  }
  yield* k.kfree(cfg);
  yield* mutex_unlock(apple_dart_groups_lock);
}

export const apple_dart_iommu_ops: iommu_ops = {
  text: 'apple_dart_iommu_ops',
  driver,
  not_for: ['apple,t8103-usb4-dart'],
  of_xlate: appleDartOfXlate({ MAX_DARTS_PER_DEVICE: 2, looks: false }),
  probe_device: apple_dart_probe_device,
  release_device: apple_dart_release_device,
  device_group: apple_dart_device_group,
  attachments: (priv) =>
    priv instanceof apple_dart_master_cfg
      ? priv.attached.map(({ dart, sids }) => ({ instance: dart, ids: sids }))
      : [],
  attach_dev: apple_dart_attach_dev_paging,
};

export const dart: IommuDriver = {
  name: driver,
  kind: 'priv-several',
  ops: apple_dart_iommu_ops,
  compatible: ['apple,t8103-dart', 'apple,t8103-usb4-dart', 'apple,t8110-dart', 'apple,t6000-dart'],
  config: 'CONFIG_APPLE_DART',
  cells: 1,
  severalInstances: true,
  gets: { clocks: 'all' },
  probe: apple_dart_probe,
  instance: apple_dart,
  statics: dart_statics,
};
