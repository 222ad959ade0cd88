import {
  lockdep_assert_held,
  lockdep_is_held,
  type Mutex,
  mutex_lock,
  mutex_unlock,
  type Task,
} from '../../explore/index.ts';
import {
  base,
  type device,
  type errno,
  type GroupList,
  type kernel,
  type Patch,
} from '../../linux/index.ts';

// The first attempt that the cover letter tells of, and that nobody posted: device_lock() around all
// of the configure and probe paths. Binding a driver holds it already; the walk and the notifier of a
// bus did not. Here the walk leaves alone a lock that its own CPU holds, which is that of the IOMMU
// whose probe it is part of, or every registration would wait for itself.

/** Run with a device locked, whoever locked it. */
function* locked<T>(lock: Mutex, body: () => Task<T>): Task<T> {
  if (lockdep_is_held(lock)) return yield* body();
  yield* mutex_lock(lock);
  const result = yield* body();
  yield* mutex_unlock(lock);
  return result;
}

/** @linux drivers/iommu/iommu.c probe_iommu_group */
function* probe_iommu_group(k: kernel, dev: device, group_list: GroupList): Task<errno> {
  return yield* locked(dev.mutex, () => base.functions.probe_iommu_group(k, dev, group_list));
}

/** @linux drivers/iommu/iommu.c iommu_bus_notifier */
function* iommu_bus_notifier(
  k: kernel,
  action: 'BUS_NOTIFY_ADD_DEVICE' | 'BUS_NOTIFY_REMOVED_DEVICE',
  dev: device,
): Task {
  yield* locked(dev.mutex, () => base.functions.iommu_bus_notifier(k, action, dev));
}

/** Whoever configures a device that is not its own is told. @linux drivers/iommu/of_iommu.c of_iommu_configure */
function* of_iommu_configure(
  ...args: Parameters<typeof base.functions.of_iommu_configure>
): ReturnType<typeof base.functions.of_iommu_configure> {
  lockdep_assert_held(args[1].mutex);
  return yield* base.functions.of_iommu_configure(...args);
}

/** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
function* acpi_iommu_configure_id(
  ...args: Parameters<typeof base.functions.acpi_iommu_configure_id>
): ReturnType<typeof base.functions.acpi_iommu_configure_id> {
  lockdep_assert_held(args[1].mutex);
  return yield* base.functions.acpi_iommu_configure_id(...args);
}

export const lockDevices: Patch = {
  subject: 'iommu: hold device_lock() around configure and probe',
  replaces: {
    probe_iommu_group,
    iommu_bus_notifier,
    of_iommu_configure,
    acpi_iommu_configure_id,
  },
};
