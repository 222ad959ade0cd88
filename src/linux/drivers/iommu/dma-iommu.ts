import { assign, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { isDmaDomain } from './iommu-group.ts';

/** A driver that cannot flush late gets a strict domain in the end. @linux drivers/iommu/dma-iommu.c iommu_setup_dma_ops */
export function* iommu_setup_dma_ops(k: kernel, dev: device): Task {
  if (!k.config.CONFIG_IOMMU_DMA) return;
  const domain = yield* k.iommu_get_domain_for_dev(dev);
  if (domain === null) {
    k.dev_warn(dev, 'Failed to set up IOMMU; retaining platform DMA ops');
    return;
  }
  if (!isDmaDomain(domain)) return;
  if (domain.type === IOMMU_DOMAIN_DMA_FQ && !domain.ops?.deferred_flush)
    assign(k.world, domain, 'type', IOMMU_DOMAIN_DMA);
  yield* write(dev.dma_ops, 'iommu_dma_ops');
}
