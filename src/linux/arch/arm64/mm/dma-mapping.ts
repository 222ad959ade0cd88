import { type Task, write } from '../../../../explore/index.ts';
import { isDmaDomain } from '../../../drivers/iommu/iommu-group.ts';
import type { device } from '../../../include/linux/device.ts';
import type { iommu_ops } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';

/** @linux arch/arm64/mm/dma-mapping.c arch_setup_dma_ops */
export function* arch_setup_dma_ops(k: kernel, dev: device, iommu: iommu_ops | null): Task {
  if (iommu !== null) yield* k.iommu_setup_dma_ops(dev);
}

/** @linux arch/arm64/mm/dma-mapping.c arch_teardown_dma_ops */
export function* arch_teardown_dma_ops(_k: kernel, dev: device): Task {
  yield* write(dev.dma_ops, null);
}

/** @linux drivers/iommu/dma-iommu.c iommu_setup_dma_ops */
export function* iommu_setup_dma_ops(k: kernel, dev: device): Task {
  const domain = yield* k.iommu_get_domain_for_dev(dev);
  if (domain === null) {
    k.dev_warn(dev, 'Failed to set up IOMMU; retaining platform DMA ops');
    return;
  }
  if (isDmaDomain(domain)) yield* write(dev.dma_ops, 'iommu_dma_ops');
}
