import { type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';
import { isDmaDomain } from './iommu-group.ts';

/** @linux drivers/iommu/dma-iommu.c iommu_setup_dma_ops */
export function* iommu_setup_dma_ops(k: kernel, dev: device): Task {
  if (!k.config.CONFIG_IOMMU_DMA) return;
  const domain = yield* k.iommu_get_domain_for_dev(dev);
  if (domain === null) {
    k.dev_warn(dev, 'Failed to set up IOMMU; retaining platform DMA ops');
    return;
  }
  if (isDmaDomain(domain)) yield* write(dev.dma_ops, 'iommu_dma_ops');
}
