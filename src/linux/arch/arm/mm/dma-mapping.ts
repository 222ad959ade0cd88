import { read, type Step, type Task, write } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import type { kernel } from '../../../kernel.ts';

/**
 * Whoever set DMA ops first has them.
 *
 * @linux arch/arm/mm/dma-mapping.c arch_setup_dma_ops
 */
export function* armSetupDmaOps(k: kernel, dev: device, behindIommu: () => Step<boolean>): Task {
  if ((yield* read(dev.dma_ops)) !== null) return;
  if (yield* behindIommu()) yield* k.arm_setup_iommu_dma_ops(dev);
  yield* write(dev.dma_ops_setup, true);
}

/** @linux arch/arm/mm/dma-mapping.c arch_teardown_dma_ops */
export function* armTeardownDmaOps(_k: kernel, dev: device): Task {
  if (yield* read(dev.dma_ops_setup)) yield* write(dev.dma_ops, null);
}

/**
 * Into a mapping that an IOMMU driver made, which takes the place of the default domain. That domain
 * is not modelled.
 *
 * @linux arch/arm/mm/dma-mapping.c arm_iommu_attach_device
 */
export function* arm_iommu_attach_device(k: kernel, dev: device): Task {
  if (k.config.CONFIG_ARM_DMA_USE_IOMMU) yield* write(dev.dma_ops, 'arm_iommu_ops');
  else k.dev_err(dev, "Can't create IOMMU mapping - DMA-OPS will not work");
}

/**
 * A mapping of the device's own, which it can be attached to when it is in a group. The domain that
 * the group has meanwhile is not modelled.
 *
 * @linux arch/arm/mm/dma-mapping.c arm_setup_iommu_dma_ops
 */
export function* arm_setup_iommu_dma_ops(k: kernel, dev: device): Task {
  if (!k.config.CONFIG_ARM_DMA_USE_IOMMU) return;
  if ((yield* read(dev.iommu_group)) === null) {
    k.dev_warn(dev, 'no IOMMU mapping, because it is in no group');
    return;
  }
  yield* write(dev.dma_ops, 'arm_iommu_ops');
}
