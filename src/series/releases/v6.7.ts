import {
  lockdep_assert_held,
  mutex_lock,
  mutex_unlock,
  read,
  type Task,
} from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/fdt/index.ts';
import {
  type device,
  ENODEV,
  EPROBE_DEFER,
  ERR_PTR,
  type ErrPtr,
  type errno,
  errnoName,
  type GroupList,
  type iommu_ops,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';

// "iommu: Avoid more races around device probe" (a2e7e59a9426). The probe lock becomes global and
// the firmware paths hold it from its first look at dev->iommu to the end of the parse. It is let
// go before the replay, which takes it again: between the two, others can probe the device.

/** The probe that the IOMMU's driver may have missed. */
function* replay(k: kernel, dev: device): Task<errno> {
  return yield* k.iommu_probe_device(dev);
}

const adds = { replay };
type Replays = Patched<typeof adds>;

/** @linux drivers/iommu/of_iommu.c of_iommu_configure */
function* of_iommu_configure(
  k: Replays,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<iommu_ops | ErrPtr | null> {
  if (master_np === null) return null;
  yield* mutex_lock(k.iommu_probe_device_lock);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec !== null) {
    if ((yield* read(fwspec.ops)) !== null) {
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return yield* read(fwspec.ops); // once more, without the lock
    }
    yield* k.iommu_fwspec_free(dev); // deferred before: start again
  }
  let err = yield* k.parseIommus(dev, master_np, id);
  const ops = err ? null : yield* k.fwspecOps(dev);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (!err) err = yield* k.replay(dev);
  if (err === -EPROBE_DEFER) return ERR_PTR(err);
  if (err < 0) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return null;
  }
  return err > 0 ? null : ops;
}

/** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
function* acpi_iommu_configure_id(
  k: Replays,
  dev: device,
  id_in: number | null,
): Task<iommu_ops | ErrPtr | null> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ops = yield* k.acpi_iommu_fwspec_ops(dev);
  if (ops !== null) {
    yield* mutex_unlock(k.iommu_probe_device_lock);
    return ops;
  }
  let err = yield* k.parseAcpiTables(dev, id_in);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (!err) err = yield* k.replay(dev);
  if (err === -EPROBE_DEFER) return ERR_PTR(err);
  if (err) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return null;
  }
  return yield* k.acpi_iommu_fwspec_ops(dev);
}

/** @linux drivers/iommu/iommu.c __iommu_probe_device */
function* __iommu_probe_device(k: kernel, dev: device, group_list: GroupList | null): Task<errno> {
  const ops = yield* read(dev.bus.iommu_ops);
  if (ops === null) return -ENODEV;
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* k.probeDeviceLocked(dev, ops, group_list);
}

/** @linux drivers/iommu/iommu.c iommu_probe_device */
function* iommu_probe_device(k: kernel, dev: device): Task<errno> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ret = yield* k.__iommu_probe_device(dev, null);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (ret) return ret;
  yield* k.probeFinalize(dev);
  return 0;
}

/** @linux drivers/iommu/iommu.c probe_iommu_group */
function* probe_iommu_group(k: kernel, dev: device, group_list: GroupList): Task<errno> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ret = yield* k.__iommu_probe_device(dev, group_list);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  return ret === -ENODEV ? 0 : ret;
}

export const avoidMoreRaces: Patch = {
  subject: 'iommu: Avoid more races around device probe: hold the probe lock across the parse',
  adds,
  changes: { of_iommu_configure, acpi_iommu_configure_id },
  replaces: { __iommu_probe_device, iommu_probe_device, probe_iommu_group },
};
