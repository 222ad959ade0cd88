import { read, spin_lock, spin_unlock, type Task, write } from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { bus_type, device, device_driver } from '../../include/linux/device.ts';
import type { fwnode_handle } from '../../include/linux/fwnode.ts';
import type { kernel } from '../../kernel.ts';

/**
 * The devices a walk over the bus meets. The walk keeps each device alive but locks nothing while
 * it works on one.
 */
export function* busDevices(_k: kernel, bus: bus_type): Task<readonly device[]> {
  yield* spin_lock(bus.k_lock);
  const devices = yield* read(bus.klist_devices);
  yield* spin_unlock(bus.k_lock);
  return devices;
}

/** From here on walks over the bus see the device. @linux drivers/base/bus.c bus_add_device */
export function* bus_add_device(_k: kernel, dev: device): Task {
  const { bus } = dev;
  yield* spin_lock(bus.k_lock);
  yield* write(bus.klist_devices, [...(yield* read(bus.klist_devices)), dev]);
  yield* spin_unlock(bus.k_lock);
}

/** @linux drivers/base/bus.c bus_probe_device */
export function* bus_probe_device(k: kernel, dev: device): Task {
  yield* k.__device_attach(dev);
}

/** `klist_add_tail()`: from here on {@link driver_find_device_by_fwnode} sees the device. */
export function* driverAddDevice(_k: kernel, drv: device_driver, dev: device): Task {
  yield* spin_lock(drv.k_lock);
  yield* write(drv.klist_devices, [...(yield* read(drv.klist_devices)), dev]);
  yield* spin_unlock(drv.k_lock);
}

/** `klist_remove()`. */
export function* driverRemoveDevice(_k: kernel, drv: device_driver, dev: device): Task {
  yield* spin_lock(drv.k_lock);
  const devices = yield* read(drv.klist_devices);
  yield* write(
    drv.klist_devices,
    devices.filter((other) => other !== dev),
  );
  yield* spin_unlock(drv.k_lock);
}

/** Among the devices that are *bound* to a driver. @linux include/linux/device.h driver_find_device_by_fwnode */
export function* driver_find_device_by_fwnode(
  _k: kernel,
  drv: device_driver,
  fwnode: fwnode_handle | null,
): Task<device | null> {
  yield* spin_lock(drv.k_lock);
  const bound = yield* read(drv.klist_devices);
  yield* spin_unlock(drv.k_lock);
  return bound.find((dev) => dev.fwnode === fwnode) ?? null;
}

/** @linux drivers/of/platform.c of_find_device_by_node */
export function* of_find_device_by_node(k: kernel, np: FdtNode): Task<device | null> {
  for (const bus of k.iommu_buses) {
    if (bus.name !== 'platform') continue;
    return (yield* k.busDevices(bus)).find((dev) => dev.of_node === np) ?? null;
  }
  return null;
}
