import { big, type Scalar } from '../../llvm/index.ts';
import type { ByName } from '../by-hand.ts';
import type { Kernel } from './kernel.ts';

/** `__IOMMU_DOMAIN_DMA_API` */
const dmaApi = 2;

/**
 * Which way DMA goes, where the architecture decides (arm64 until v6.10): through the domain of the device when
 * there is one, once of_dma_configure() has seen its IOMMU.
 */
export function dmaOps(kernel: Kernel): ByName {
  const { structs } = kernel;
  if (!kernel.decidesDma) return {};
  return {
    *arch_setup_dma_ops(thread, dev = 0n, _base = 0n, _size = 0n, iommu = 0n) {
      if (big(iommu) === 0n) return 0;
      const domain = (yield* kernel.call(thread, 'iommu_get_domain_for_dev', dev)) as Scalar;
      if (big(domain) === 0n) return 0;
      const type = yield* structs.load(thread, domain, 'iommu_domain', 'type');
      if ((Number(big(type)) & dmaApi) === 0) return 0;
      yield* structs.store(thread, dev, 'device', 'dma_ops', iommuDmaOps(kernel));
      return 0;
    },
    *arch_teardown_dma_ops(thread, dev = 0n) {
      yield* structs.store(thread, dev, 'device', 'dma_ops', 0n);
      return 0;
    },
  };
}

/** `iommu_dma_ops`, as something that pointers lead to. */
function iommuDmaOps({ linked }: Kernel): Scalar {
  return linked.outside('iommu_dma_ops').at(0);
}
