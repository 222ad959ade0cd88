import { look, mutex_lock, mutex_unlock, read, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
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
  yield* k.dev_set_ready_to_probe(dev);
}

/** Nothing, where drivers take a device as soon as it is on its bus. @linux include/linux/device.h dev_set_ready_to_probe */
export function* dev_set_ready_to_probe(_k: kernel, _dev: device): Task {}

/** @linux include/linux/device.h dev_ready_to_probe */
export function* dev_ready_to_probe(_k: kernel, _dev: device): Task<boolean> {
  return true;
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

/** Whether the device can be probed, or waits. @linux drivers/base/core.c device_links_check_suppliers */
export function* device_links_check_suppliers(k: kernel, dev: device): Task<errno> {
  if (dev.absent_supplier !== null) {
    k.dev_dbg(dev, `wait for supplier ${dev.absent_supplier}`);
    return -EPROBE_DEFER;
  }
  for (const { supplier, available, sync_state_only } of dev.suppliers) {
    if ((yield* read(available)) || (yield* read(sync_state_only))) continue;
    k.dev_dbg(dev, `supplier ${supplier.name} not ready`);
    return -EPROBE_DEFER;
  }
  if (!k.links_clients) return 0;
  for (const supplier of yield* read(dev.linked)) {
    if (yield* read(supplier.bound)) continue;
    k.dev_dbg(dev, `supplier ${supplier.name} not ready`);
    return -EPROBE_DEFER;
  }
  return 0;
}

/** Its consumers need not wait any more. @linux drivers/base/core.c device_links_driver_bound */
export function* device_links_driver_bound(k: kernel, dev: device): Task {
  for (const { available } of dev.consumers) yield* write(available, true);
  if (k.links_clients && k.instances.has(dev)) yield* write(dev.bound, true);
}

/**
 * A managed link from an IOMMU to what it takes, which no time-out ends. What the IOMMU waits for
 * itself gets none.
 *
 * @linux drivers/base/core.c device_link_add
 */
export function* device_link_add(k: kernel, consumer: device, supplier: device): Task {
  if (!k.links_clients) return;
  const linked = yield* read(consumer.linked);
  if (linked.includes(supplier) || isDependent(k, consumer, supplier)) return;
  yield* write(consumer.linked, [...linked, supplier]);
}

/** Not through links that only tell the supplier. @linux drivers/base/core.c device_is_dependent */
function isDependent(k: kernel, on: device, target: device): boolean {
  const met = new Set([on]);
  for (const dev of met)
    for (const link of dev.consumers) {
      const tells = look(k.world, () => link.sync_state_only.value);
      if (!tells && link.consumer.suppliers.includes(link)) met.add(link.consumer);
    }
  return met.has(target);
}

/**
 * No driver comes any more: who waits for a device without one does so no longer.
 *
 * @linux drivers/base/core.c fw_devlink_drivers_done
 */
export function* fw_devlink_drivers_done(k: kernel): Task {
  for (const dev of k.devices()) {
    for (const { supplier, inferred, sync_state_only } of dev.suppliers) {
      if (inferred && !look(k.world, () => supplier.can_match)) yield* write(sync_state_only, true);
    }
  }
}
