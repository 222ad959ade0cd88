import {
  READ_ONCE,
  read,
  ref_get,
  ref_put,
  type Step,
  spin_lock,
  spin_unlock,
  type Task,
  update,
  write,
} from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { Sequence } from '../../../util/index.ts';
import type { bus_type, device, device_driver } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import type { fwnode_handle } from '../../include/linux/fwnode.ts';
import type { kernel } from '../../kernel.ts';

// The klist of a bus has a spinlock, which is held for one look at it or one change of it: each of
// these is one step here, so that walks side by side stay out of each other's way.

/** All devices of a bus at one moment. */
export function* busDevices(_k: kernel, bus: bus_type): Task<Sequence<device>> {
  return yield* READ_ONCE(bus.klist_devices);
}

/**
 * Visit the devices of a bus until there is an error. The walk keeps the device that it visits
 * alive and locks nothing meanwhile: it meets devices that come, and those that go before their turn
 * not.
 *
 * @linux drivers/base/bus.c bus_for_each_dev
 */
export function* walkBus(
  k: kernel,
  bus: bus_type,
  visit: (dev: device) => Step<errno>,
): Task<errno> {
  const visited = new Set<device>();
  let known: Sequence<device> | null = null;
  let at = 0;
  for (;;) {
    const devices = yield* k.busDevices(bus);
    if (devices !== known) at = 0;
    known = devices;
    let dev = devices.at(at);
    while (dev !== undefined && visited.has(dev)) dev = devices.at(++at);
    if (dev === undefined) return 0;
    visited.add(dev);
    const ret = yield* visit(dev);
    if (ret) return ret;
  }
}

/** From here on walks over the bus see the device. @linux drivers/base/bus.c bus_add_device */
export function* bus_add_device(_k: kernel, dev: device): Task {
  yield* update(dev.bus.klist_devices, (devices) => devices.with([dev]));
}

/**
 * Walks that have come to the device already go on with it.
 *
 * @linux drivers/base/bus.c bus_remove_device
 */
export function* bus_remove_device(k: kernel, dev: device): Task {
  yield* update(dev.bus.klist_devices, (devices) => devices.without(dev));
  yield* k.device_release_driver(dev);
}

/** @linux drivers/base/bus.c bus_probe_device */
export function* bus_probe_device(k: kernel, dev: device): Task {
  yield* k.__device_attach(dev);
}

/** `klist_add_tail()`: from here on {@link driver_find_device_by_fwnode} sees the device. */
export function* driverAddDevice(_k: kernel, drv: device_driver, dev: device): Task {
  yield* spin_lock(drv.k_lock);
  yield* write(drv.klist_devices, (yield* read(drv.klist_devices)).with([dev]));
  yield* spin_unlock(drv.k_lock);
}

/** The devices that are bound to a driver at one moment. */
export function* driverDevices(_k: kernel, drv: device_driver): Task<Sequence<device>> {
  yield* spin_lock(drv.k_lock);
  const devices = yield* read(drv.klist_devices);
  yield* spin_unlock(drv.k_lock);
  return devices;
}

/** `klist_remove()`. */
export function* driverRemoveDevice(_k: kernel, drv: device_driver, dev: device): Task {
  yield* spin_lock(drv.k_lock);
  const devices = yield* read(drv.klist_devices);
  yield* write(drv.klist_devices, devices.without(dev));
  yield* spin_unlock(drv.k_lock);
}

/** Among the devices that are *bound* to a driver. @linux include/linux/device.h driver_find_device_by_fwnode */
export function* driver_find_device_by_fwnode(
  k: kernel,
  drv: device_driver,
  fwnode: fwnode_handle | null,
): Task<device | null> {
  return (yield* k.driverDevices(drv)).findBy('fwnode', fwnode) ?? null;
}

/** The caller has a reference to what is found. @linux drivers/of/platform.c of_find_device_by_node */
export function* of_find_device_by_node(k: kernel, np: FdtNode): Task<device | null> {
  for (const bus of k.iommu_buses) {
    if (bus.name !== 'platform') continue;
    const dev = (yield* k.busDevices(bus)).findBy('of_node', np) ?? null;
    if (dev !== null) yield* ref_get(k.kobj(dev));
    return dev;
  }
  return null;
}

/** `put_device()`. */
export function* putDevice(k: kernel, dev: device): Task {
  yield* ref_put(k.kobj(dev));
}
