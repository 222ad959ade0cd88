import {
  type Cell,
  field,
  read,
  SpinLock,
  Struct,
  spin_lock,
  spin_unlock,
  type Task,
  write,
} from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import {
  type Attachment,
  iommu_device,
  type iommu_domain,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_device_group } from './iommu-group.ts';

const driver = 'msm_iommu';

/** What one IOMMU knows of its one client. Nothing frees it. @linux drivers/iommu/msm_iommu.h msm_iommu_ctx_dev */
class msm_iommu_ctx_dev extends Struct {
  of_node: FdtNode | null = null;
  readonly mids: Cell<readonly number[]> = this.cell<readonly number[]>('mids', []);
  /** Ours: where to find the client's other IOMMUs. */
  statics: msm_statics | null = null;
}

/** @linux drivers/iommu/msm_iommu.h msm_iommu_dev */
class msm_iommu_dev extends iommu_device {
  readonly ctx_list: Cell<msm_iommu_ctx_dev | null> = this.cell<msm_iommu_ctx_dev | null>(
    'ctx_list',
    null,
  );
}

/** The static variables of drivers/iommu/msm_iommu.c. */
class msm_statics extends Struct {
  readonly msm_iommu_lock: SpinLock = new SpinLock(this.world, 'msm_iommu_lock', this);
  readonly qcom_iommu_devices: Cell<readonly msm_iommu_dev[]> = this.cell<readonly msm_iommu_dev[]>(
    'qcom_iommu_devices',
    [],
  );
}

/** @linux drivers/iommu/msm_iommu.c msm_iommu_probe */
function* msm_iommu_probe(k: kernel, dev: device): Task<errno> {
  const { qcom_iommu_devices } = k.staticsOf(driver, msm_statics);
  const iommu = k.instanceOf(dev) as msm_iommu_dev;
  yield* write(qcom_iommu_devices, [iommu, ...(yield* read(qcom_iommu_devices))]);
  return yield* registerInstance(k, dev, driver);
}

/**
 * The first client of an IOMMU gets a context. For any other, and for the same one after its
 * dev->iommu was freed, what is in `priv` is used untested.
 *
 * @linux drivers/iommu/msm_iommu.c insert_iommu_master
 */
function* insert_iommu_master(
  k: kernel,
  dev: device,
  iommu: msm_iommu_dev,
  mid: number,
): Task<errno> {
  let master = (yield* k.dev_iommu_priv_get(dev)) as msm_iommu_ctx_dev | null;
  if ((yield* read(iommu.ctx_list)) === null) {
    master = yield* k.kzalloc(msm_iommu_ctx_dev);
    if (master === null) return -ENOMEM;
    master.of_node = dev.of_node;
    master.statics = k.staticsOf(driver, msm_statics);
    yield* write(iommu.ctx_list, master);
    yield* k.dev_iommu_priv_set(dev, master);
  }
  const cell = field(k.world, master, 'mids', 'master');
  const mids = yield* read(cell);
  const sid = mids.indexOf(mid);
  if (sid >= 0) {
    k.dev_warn(dev, `Stream ID 0x${sid.toString(16)} repeated; ignoring`); // that is where it is
    return 0;
  }
  yield* write(cell, [...mids, mid]);
  return 0;
}

/** Two drivers have a function of this name. @linux drivers/iommu/msm_iommu.c qcom_iommu_of_xlate */
function* qcom_iommu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  const { msm_iommu_lock, qcom_iommu_devices } = k.staticsOf(driver, msm_statics);
  yield* spin_lock(msm_iommu_lock);
  const iommu = (yield* read(qcom_iommu_devices)).find((known) => known.dev.of_node === np);
  const ret =
    iommu === undefined ? -ENODEV : yield* insert_iommu_master(k, dev, iommu, args[0] ?? 0);
  yield* spin_unlock(msm_iommu_lock);
  return ret;
}

/**
 * `list_first_entry()` of `ctx_list`. Of an empty list that is what lies before the IOMMU in memory,
 * which is read and then not taken for the client.
 */
function* firstMaster(k: kernel, { ctx_list }: msm_iommu_dev): Task<msm_iommu_ctx_dev | null> {
  const master = yield* read(ctx_list);
  if (master === null) {
    k.world.fail({
      kind: 'property',
      object: 'msm_iommu_dev->ctx_list',
      title: 'the first entry of an empty list is read',
      message:
        'an IOMMU without a client has an empty list: its first entry is no entry, and lies before the IOMMU in memory',
    });
  }
  return master;
}

/** @linux drivers/iommu/msm_iommu.c find_iommu_for_dev */
function* find_iommu_for_dev(k: kernel, dev: device): Task<msm_iommu_dev | null> {
  for (const iommu of yield* read(k.staticsOf(driver, msm_statics).qcom_iommu_devices)) {
    const master = yield* firstMaster(k, iommu);
    if (master !== null && master.of_node === dev.of_node) return iommu;
  }
  return null;
}

/** Looks for the device in all IOMMUs, not in dev->iommu. @linux drivers/iommu/msm_iommu.c msm_iommu_probe_device */
function* msm_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const { msm_iommu_lock } = k.staticsOf(driver, msm_statics);
  yield* spin_lock(msm_iommu_lock);
  const iommu = yield* find_iommu_for_dev(k, dev);
  yield* spin_unlock(msm_iommu_lock);
  return iommu ?? ERR_PTR(-ENODEV);
}

/** Programs every IOMMU of the device. @linux drivers/iommu/msm_iommu.c msm_iommu_attach_dev */
function* msm_iommu_attach_dev(k: kernel, _domain: iommu_domain, dev: device): Task<errno> {
  const { msm_iommu_lock, qcom_iommu_devices } = k.staticsOf(driver, msm_statics);
  yield* spin_lock(msm_iommu_lock);
  const mids: number[] = [];
  let iommus = 0;
  for (const iommu of yield* read(qcom_iommu_devices)) {
    const master = yield* firstMaster(k, iommu);
    if (master === null || master.of_node !== dev.of_node) continue;
    mids.push(...(yield* read(master.mids)));
    iommus++;
  }
  yield* spin_unlock(msm_iommu_lock);
  k.probeSaw(dev, mids, iommus);
  return 0;
}

/** What `priv` says, which is the context of the IOMMU that was parsed last, and its siblings. */
function attachments(priv: unknown): readonly Attachment[] {
  if (!(priv instanceof msm_iommu_ctx_dev)) return [];
  const all = priv.statics?.qcom_iommu_devices.value ?? [];
  return all.flatMap((instance) => {
    const master = instance.ctx_list.value;
    return master?.of_node === priv.of_node ? [{ instance, ids: master.mids.value }] : [];
  });
}

export const msm_iommu_ops: iommu_ops = {
  text: 'msm_iommu_ops',
  driver,
  of_xlate: qcom_iommu_of_xlate,
  probe_device: msm_iommu_probe_device,
  device_group: generic_device_group,
  attachments,
  attach_dev: msm_iommu_attach_dev,
};

export const msm: IommuDriver = {
  name: driver,
  kind: 'search',
  ops: msm_iommu_ops,
  compatible: ['qcom,apq8064-iommu'],
  config: 'CONFIG_MSM_IOMMU',
  cells: 1,
  severalInstances: true,
  gets: { clocks: ['smmu_pclk', 'iommu_clk'] },
  probe: msm_iommu_probe,
  instance: msm_iommu_dev,
  statics: msm_statics,
};
