import { read, type Task } from '../../../../explore/index.ts';
import type { DriverName } from '../../../design.ts';
import type { fwnode_handle } from '../../../include/linux/fwnode.ts';
import type { iommu_device } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';

// How a driver's probe_device finds the instance that a fwspec names: among the devices bound to the
// driver. It is not there as long as the instance's own probe, which registered it, has not returned.

/** Two drivers have a function of this name. @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_get_by_fwnode */
export function* arm_smmu_get_by_fwnode(
  k: kernel,
  driver: 'arm-smmu' | 'arm-smmu-v3',
  fwnode: fwnode_handle | null,
): Task<iommu_device | null> {
  return yield* boundInstance(k, driver, fwnode);
}

/** @linux drivers/iommu/virtio-iommu.c viommu_get_by_fwnode */
export function* viommu_get_by_fwnode(
  k: kernel,
  fwnode: fwnode_handle | null,
): Task<iommu_device | null> {
  return yield* boundInstance(k, 'virtio-iommu', fwnode);
}

function* boundInstance(
  k: kernel,
  driver: DriverName,
  fwnode: fwnode_handle | null,
): Task<iommu_device | null> {
  const drv = k.iommu_drivers.get(driver);
  if (drv === undefined) return null;
  const dev = yield* k.driver_find_device_by_fwnode(drv, fwnode);
  if (dev === null) return null;
  return (yield* read(dev.drvdata)) as iommu_device | null;
}
