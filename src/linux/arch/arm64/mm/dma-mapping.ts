import type { Step, Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import type { kernel } from '../../../kernel.ts';

/** @linux arch/arm64/mm/dma-mapping.c arch_setup_dma_ops */
export function* arm64SetupDmaOps(k: kernel, dev: device, behindIommu: () => Step<boolean>): Task {
  if (yield* behindIommu()) yield* k.iommu_setup_dma_ops(dev);
}
