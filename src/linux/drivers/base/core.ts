import { mutex_lock, mutex_unlock, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';

/**
 * A new device: first on its bus, then offered to the IOMMU drivers by the bus notifier, whose
 * errors nobody looks at, then to client drivers.
 *
 * @linux drivers/base/core.c device_add
 */
export function* device_add(k: kernel, dev: device): Task {
  yield* k.bus_add_device(dev);
  yield* k.iommu_bus_notifier('BUS_NOTIFY_ADD_DEVICE', dev);
}

/**
 * A device goes: no driver binds any more, the one that is bound lets go, and at last the IOMMU core
 * does. Whoever uses the device without its lock is not waited for.
 *
 * @linux drivers/base/core.c device_del
 */
export function* device_del(k: kernel, dev: device): Task {
  yield* mutex_lock(dev.mutex);
  yield* write(dev.dead, true);
  yield* mutex_unlock(dev.mutex);
  yield* k.bus_remove_device(dev);
  yield* k.driver_deferred_probe_del(dev);
  yield* k.iommu_bus_notifier('BUS_NOTIFY_REMOVED_DEVICE', dev);
}

/** @linux drivers/iommu/iommu.c iommu_bus_notifier */
export function* iommu_bus_notifier(
  k: kernel,
  action: 'BUS_NOTIFY_ADD_DEVICE' | 'BUS_NOTIFY_REMOVED_DEVICE',
  dev: device,
): Task {
  if (action === 'BUS_NOTIFY_ADD_DEVICE') yield* k.iommu_probe_device(dev);
  else yield* k.iommu_release_device(dev);
}
