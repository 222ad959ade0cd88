import type { Task } from '../../../explore/index.ts';
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
  yield* k.iommu_bus_notifier(dev);
}

/** @linux drivers/iommu/iommu.c iommu_bus_notifier */
export function* iommu_bus_notifier(k: kernel, dev: device): Task {
  yield* k.iommu_probe_device(dev);
}
