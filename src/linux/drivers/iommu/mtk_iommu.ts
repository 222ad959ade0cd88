import {
  type Cell,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  read,
  Struct,
  type Task,
  type World,
  write,
} from '../../../explore/index.ts';
import { compatibleOf, propertyOf, u32Of } from '../../../firmware/fdt/index.ts';
import type { IommuHardware } from '../../hardware.ts';
import type { device } from '../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ERR_PTR,
  type ErrPtr,
  type errno,
  IS_ERR,
} from '../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance, drvdataOfNode, fwspecIds, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { regionsOf } from './mtk-regions.ts';

const driver = 'mtk_iommu';

/** @linux drivers/iommu/mtk_iommu.c MTK_LARB_NR_MAX */
const MTK_LARB_NR_MAX = 32;

/** @linux drivers/iommu/mtk_iommu.c MTK_M4U_TO_LARB */
function MTK_M4U_TO_LARB(id: number): number {
  return (id >>> 5) & 0x1f;
}

/** @linux drivers/iommu/mtk_iommu.c MTK_M4U_TO_PORT */
function MTK_M4U_TO_PORT(id: number): number {
  return id & 0x1f;
}

/** Which ports go to which bank, for the parts that have more than one. @linux drivers/iommu/mtk_iommu.c banks_portmsk */
const banks_portmsk: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'mediatek,mt8195-iommu-infra': { 0: 0x000f0000, 4: 0xfff00000 },
};

/** Instances of these share page tables, and with them groups. @linux drivers/iommu/mtk_iommu.c SHARE_PGTABLE */
const SHARE_PGTABLE: readonly string[] = [
  'mediatek,mt2712-m4u',
  'mediatek,mt6893-iommu-mm',
  'mediatek,mt8188-iommu-vdo',
  'mediatek,mt8188-iommu-vpp',
  'mediatek,mt8195-iommu-vdo',
  'mediatek,mt8195-iommu-vpp',
];

/** Their clients may have ports of several local arbiters. @linux drivers/iommu/mtk_iommu.c DL_WITH_MULTI_LARB */
const DL_WITH_MULTI_LARB: readonly string[] = ['mediatek,mt8189-iommu-mm'];

/** Instances in the order in which they joined. */
class hw_list extends Struct {
  readonly entries: Cell<readonly mtk_iommu_data[]> = this.cell<readonly mtk_iommu_data[]>(
    'entries',
    [],
  );
}

/** The static variables of drivers/iommu/mtk_iommu.c. */
class mtk_statics extends Struct {
  readonly m4ulist: hw_list = new hw_list(this.world, 'm4ulist');
}

/** @linux drivers/iommu/mtk_iommu.c mtk_iommu_data */
class mtk_iommu_data extends iommu_device {
  readonly mutex: Mutex = new Mutex(this.world, 'mutex', this, 'data->mutex');
  readonly hw_list: Cell<hw_list | null> = this.cell<hw_list | null>('hw_list', null);
  readonly hw_list_head: hw_list;
  /** A pointer to a group is kept without a reference. */
  readonly m4u_group: Cell<ReadonlyMap<number, iommu_group>> = this.cell<
    ReadonlyMap<number, iommu_group>
  >('m4u_group', new Map());

  constructor(world: World, label: string, dev: device, hardware?: IommuHardware) {
    super(world, label, dev, hardware);
    this.hw_list_head = new hw_list(world, `${label} hw_list_head`);
  }
}

function compatibleTo(data: mtk_iommu_data): readonly string[] {
  const np = data.dev.of_node;
  return np === null ? [] : compatibleOf(np);
}

/** Multimedia devices sit behind local arbiters, those of the infrastructure and the APU do not. */
function isMultimedia(data: mtk_iommu_data): boolean {
  return !compatibleTo(data).some((name) => /-(infra|apu)$/.test(name));
}

/**
 * The list of instances is set after registering, although grouping goes by it.
 *
 * @linux drivers/iommu/mtk_iommu.c mtk_iommu_probe
 */
function* mtk_iommu_probe(k: kernel, dev: device): Task<errno> {
  return yield* k.registerThenSetUp(
    driver,
    () => registerInstance(k, dev, driver),
    () => joinList(k, dev),
  );
}

function* joinList(k: kernel, dev: device): Task {
  const data = k.instanceOf(dev) as mtk_iommu_data;
  const shared = compatibleTo(data).some((name) => SHARE_PGTABLE.includes(name));
  const list = shared ? k.staticsOf(driver, mtk_statics).m4ulist : data.hw_list_head;
  yield* write(list.entries, [...(yield* read(list.entries)), data]);
  yield* write(data.hw_list, list);
}

/** Of several instances the first one wins. @linux drivers/iommu/mtk_iommu.c mtk_iommu_of_xlate */
function* mtk_iommu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  if (args.length !== 1) {
    k.dev_err(dev, `invalid #iommu-cells(${args.length}) property for IOMMU`);
    return -EINVAL;
  }
  if ((yield* k.dev_iommu_priv_get(dev)) === null)
    yield* k.dev_iommu_priv_set(dev, yield* drvdataOfNode(k, np));
  return yield* k.iommu_fwspec_add_ids(dev, args);
}

/** All ports of a device must be ports of one local arbiter, with few exceptions. @linux drivers/iommu/mtk_iommu.c mtk_iommu_probe_device */
function* mtk_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const fwspec = yield* k.ownFwspec(dev, driver);
  if (fwspec === null) return ERR_PTR(-ENODEV);
  const data = (yield* k.dev_iommu_priv_get(dev)) as mtk_iommu_data | null;
  field(k.world, data, 'hw_list', 'data');
  if (data === null || !isMultimedia(data)) return data;
  const ids = yield* fwspecIds(k, dev);
  k.probeSaw(dev, ids, 1);
  const larbs = [...new Set(ids.map(MTK_M4U_TO_LARB))];
  const several = compatibleTo(data).some((name) => DL_WITH_MULTI_LARB.includes(name));
  if (larbs.length > 1 && !several) {
    k.dev_err(dev, `Can only use one larb. Fail@larb${larbs[0]}-${larbs[1]}.`);
    return ERR_PTR(-EINVAL);
  }
  return larbs.every((larbid) => hasLarb(k, data, larbid)) ? data : ERR_PTR(-EINVAL);
}

/** Whether the IOMMU's node names the arbiter. A node that names none at all is taken to have every one. */
function hasLarb(k: kernel, { dev }: mtk_iommu_data, larbid: number): boolean {
  const larbs = dev.of_node === null ? undefined : propertyOf(dev.of_node, 'mediatek,larbs');
  if (larbs === undefined) return larbid < MTK_LARB_NR_MAX;
  return k.wordsOf(larbs).some((phandle, i) => {
    const larb = k.fdt?.phandles.get(phandle);
    return larb !== undefined && (u32Of(larb, 'mediatek,larb-id') ?? i) === larbid;
  });
}

/** Removes the device link to the arbiter. @linux drivers/iommu/mtk_iommu.c mtk_iommu_release_device */
function* mtk_iommu_release_device(k: kernel, dev: device): Task {
  const data = (yield* k.dev_iommu_priv_get(dev)) as mtk_iommu_data | null;
  field(k.world, data, 'hw_list', 'data');
  if (data !== null && isMultimedia(data)) yield* fwspecIds(k, dev);
}

/** @linux drivers/iommu/mtk_iommu.c mtk_iommu_get_bank_id */
function* mtk_iommu_get_bank_id(k: kernel, dev: device, data: mtk_iommu_data): Task<number> {
  const part = compatibleTo(data).find((name) => Object.hasOwn(banks_portmsk, name));
  const masks = part === undefined ? undefined : banks_portmsk[part];
  if (masks === undefined) return 0; // one bank
  const ports = portsOf(yield* fwspecIds(k, dev));
  const hit = Object.entries(masks).find(([, mask]) => (mask & ports) !== 0);
  return hit === undefined ? 0 : Number(hit[0]);
}

function portsOf(ids: readonly number[]): number {
  return ids.reduce((mask, id) => mask | (1 << MTK_M4U_TO_PORT(id)), 0);
}

/** The bank, or where there is only one, the region. @linux drivers/iommu/mtk_iommu.c mtk_iommu_get_group_id */
function* mtk_iommu_get_group_id(k: kernel, dev: device, data: mtk_iommu_data): Task<number> {
  const bankid = yield* mtk_iommu_get_bank_id(k, dev, data);
  if (bankid !== 0) return bankid;
  const regions = regionsOf(compatibleTo(data));
  if (regions === null) return 0;
  const ids = yield* fwspecIds(k, dev);
  const [first = 0] = ids;
  return yield* k.mtkRegionOf(dev, regions, MTK_M4U_TO_LARB(first), portsOf(ids));
}

/**
 * One group for each bank or region, kept with the first of the instances that share page tables.
 *
 * @linux drivers/iommu/mtk_iommu.c mtk_iommu_device_group
 */
function* mtk_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const c_data = (yield* k.dev_iommu_priv_get(dev)) as mtk_iommu_data | null;
  const list = yield* read(field(k.world, c_data, 'hw_list', 'data'));
  const [data] = yield* read(field(k.world, list, 'entries', 'hw_list'));
  if (data === undefined) return ERR_PTR(-ENODEV);
  const groupid = yield* mtk_iommu_get_group_id(k, dev, data);
  if (groupid < 0) return ERR_PTR(groupid);
  yield* mutex_lock(data.mutex);
  const known = (yield* read(data.m4u_group)).get(groupid);
  let group: iommu_group | ErrPtr;
  if (known !== undefined) group = yield* k.iommu_group_ref_get(known);
  else {
    group = yield* k.iommu_group_alloc();
    if (!IS_ERR(group)) {
      const groups = new Map(yield* read(data.m4u_group));
      yield* write(data.m4u_group, groups.set(groupid, group));
    }
  }
  yield* mutex_unlock(data.mutex);
  return group;
}

export const mtk_iommu_ops: iommu_ops = {
  text: 'mtk_iommu_ops',
  driver,
  not_for: [
    'mediatek,mt6893-iommu-mm',
    'mediatek,mt8189-iommu-apu',
    'mediatek,mt8189-iommu-infra',
    'mediatek,mt8189-iommu-mm',
  ],
  of_xlate: mtk_iommu_of_xlate,
  probe_device: mtk_iommu_probe_device,
  release_device: mtk_iommu_release_device,
  device_group: mtk_iommu_device_group,
  attach_dev: attachAnyInstance,
};

export const mtk_iommu: IommuDriver = {
  name: driver,
  kind: 'early',
  ops: mtk_iommu_ops,
  compatible: [
    'mediatek,mt2712-m4u',
    'mediatek,mt6779-m4u',
    'mediatek,mt6795-m4u',
    'mediatek,mt6893-iommu-mm',
    'mediatek,mt8167-m4u',
    'mediatek,mt8173-m4u',
    'mediatek,mt8183-m4u',
    'mediatek,mt8186-iommu-mm',
    'mediatek,mt8188-iommu-infra',
    'mediatek,mt8188-iommu-vdo',
    'mediatek,mt8188-iommu-vpp',
    'mediatek,mt8189-iommu-apu',
    'mediatek,mt8189-iommu-infra',
    'mediatek,mt8189-iommu-mm',
    'mediatek,mt8192-m4u',
    'mediatek,mt8195-iommu-infra',
    'mediatek,mt8195-iommu-vdo',
    'mediatek,mt8195-iommu-vpp',
    'mediatek,mt8365-m4u',
  ],
  config: 'CONFIG_MTK_IOMMU',
  cells: 1,
  gets: { clocks: ['bclk'] },
  probe: mtk_iommu_probe,
  instance: mtk_iommu_data,
  statics: mtk_statics,
};
