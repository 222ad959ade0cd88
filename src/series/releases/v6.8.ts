import {
  assign,
  field,
  lockdep_assert_held,
  look,
  mutex_lock,
  mutex_unlock,
  read,
  spin_lock,
  spin_unlock,
  type Task,
  write,
} from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  armSmmuAttachDev,
  type DriverName,
  type device,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type GroupList,
  type iommu_device,
  type iommu_fwspec,
  type iommu_ops,
  type kernel,
  type Patch,
  qcomIommuAttachDev,
} from '../../linux/index.ts';
import { patches as fwspecV2 } from '../fwspec-v2/index.ts';

// "IOMMU related FW parsing cleanup": the patches 1 to 4, 16 and 17 of the series, which alone were
// merged, on top of the probe lock that a2e7e59a9426 holds across the parse.

/** @linux drivers/iommu/of_iommu.c of_iommu_configure */
function* of_iommu_configure(
  k: kernel,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<errno> {
  if (master_np === null) return -ENODEV;
  yield* mutex_lock(k.iommu_probe_device_lock);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec !== null) {
    if ((yield* read(fwspec.ops)) !== null) {
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return 0;
    }
    yield* k.iommu_fwspec_free(dev); // deferred before: start again
  }
  let err = yield* k.parseIommus(dev, master_np, id);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (err === -ENODEV || err === -EPROBE_DEFER) return err;
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err) k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  return err;
}

/** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
function* acpi_iommu_configure_id(k: kernel, dev: device, id_in: number | null): Task<errno> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  if ((yield* k.acpi_iommu_fwspec_ops(dev)) !== null) {
    yield* mutex_unlock(k.iommu_probe_device_lock);
    return 0;
  }
  let err = yield* k.parseAcpiTables(dev, id_in);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err === -EPROBE_DEFER) return err;
  if (err) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return -ENODEV;
  }
  return (yield* k.acpi_iommu_fwspec_ops(dev)) === null ? -ENODEV : 0;
}

const onTheLock: Patch = {
  subject: 'patches 2 to 4 of the series, with the probe lock held across the parse',
  changes: { of_iommu_configure, acpi_iommu_configure_id },
};

/** Any number of kinds of IOMMU. @linux drivers/iommu/iommu.c iommu_device_register */
export function* iommu_device_register(
  k: kernel,
  iommu: iommu_device,
  ops: iommu_ops,
): Task<errno> {
  assign(k.world, iommu, 'ops', ops);
  const withoutNode = look(k.world, () => iommu.withoutNode);
  assign(k.world, iommu, 'fwnode', withoutNode ? null : iommu.dev.fwnode);
  yield* spin_lock(k.iommu_device_lock);
  yield* write(k.iommu_device_list, (yield* read(k.iommu_device_list)).with([iommu]));
  yield* spin_unlock(k.iommu_device_lock);
  let err: errno = 0;
  for (const bus of k.iommu_buses) {
    err = yield* k.bus_iommu_probe(bus);
    if (err) break;
  }
  if (err) yield* k.iommu_device_unregister(iommu);
  return err;
}

/**
 * A device goes to the driver that its fwspec names; without a fwspec, or with a placeholder, to that
 * of an IOMMU that firmware has no node for.
 *
 * @linux drivers/iommu/iommu.c __iommu_probe_device
 */
function* __iommu_probe_device(k: kernel, dev: device, group_list: GroupList | null): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const named = fwspec === null ? null : yield* read(fwspec.ops);
  const ops = named ?? (yield* k.iommu_ops_from_fwnode(null));
  if (ops === null) return -ENODEV;
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* k.probeDeviceLocked(dev, ops, group_list);
}

const retireBusOps: Patch = {
  subject: 'iommu: Retire bus ops', // 17de3f5fdd35
  replaces: { iommu_device_register, __iommu_probe_device },
};

/** The core has looked: drivers follow the pointer. */
function* ownFwspec(k: kernel, dev: device, _driver: DriverName): Task<iommu_fwspec | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  field(k.world, fwspec, 'iommu_fwnode', 'fwspec');
  return fwspec;
}

const ownershipChecks: Patch = {
  subject: 'iommu: Clean up open-coded ownership checks', // e7080665c977
  replaces: { ownFwspec },
  drivers: ({ 'arm-smmu': smmu, qcom_iommu }) => ({
    'arm-smmu': { ...smmu, attach_dev: armSmmuAttachDev(false) },
    qcom_iommu: { ...qcom_iommu, attach_dev: qcomIommuAttachDev(false) },
  }),
};

const usb4Darts: Patch = {
  subject: 'iommu/apple-dart: Add support for t8103 USB4 DART', // 863c092323ab
  drivers: ({ 'apple-dart': ops }) => ({ 'apple-dart': { ...ops, not_for: [] } }),
};

const virtioFlushes: Patch = {
  // 6f01a732608f
  subject: 'iommu/virtio: Add ops->flush_iotlb_all and enable deferred flush',
  drivers: ({ 'virtio-iommu': ops }) => ({ 'virtio-iommu': { ...ops, deferred_flush: true } }),
};

export const patches: readonly Patch[] = [
  ...fwspecV2.slice(0, 4),
  onTheLock,
  ...fwspecV2.slice(15),
  retireBusOps,
  ownershipChecks,
  usb4Darts,
  virtioFlushes,
];
