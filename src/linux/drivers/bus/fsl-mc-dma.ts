// The objects of a management complex: devices of a bus of their own, with the ID of their container.

import type { Task } from '../../../explore/index.ts';
import { read } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { ErrPtr, errno } from '../../include/linux/errno.ts';
import type { iommu_group } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { claimGroup } from '../base/claim.ts';

/** By the node of the complex and the ICID. @linux drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_dma_configure */
export function* fsl_mc_dma_configure(k: kernel, dev: device): Task<errno> {
  const ret = yield* k.configureObject(dev);
  const drv = yield* read(dev.driver);
  return ret || drv?.driver_managed_dma === true ? ret : yield* claimGroup(k, dev);
}

/** The firmware part of it. */
export function* configureObject(k: kernel, dev: device): Task<errno> {
  return dev.dma_node !== null
    ? yield* k.of_dma_configure_id(dev, dev.dma_node, dev.dma_id)
    : yield* k.acpi_dma_configure_id(dev, 'coherent', dev.dma_id);
}

/** @linux drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_dma_cleanup */
export function* fsl_mc_dma_cleanup(k: kernel, dev: device): Task {
  const drv = yield* read(dev.driver);
  if (drv?.driver_managed_dma !== true) yield* k.iommu_device_unuse_default_domain(dev);
}

/** All that is in a container is in one group. @linux drivers/iommu/iommu.c fsl_mc_device_group */
export function* fsl_mc_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const group = yield* k.iommu_group_get(dev.container ?? dev);
  return group ?? (yield* k.iommu_group_alloc());
}
