import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/** How a bus's `dma_configure` ends: with a claim on the group, or without DMA ops. */
export function* claimGroup(k: kernel, dev: device): Task<errno> {
  const ret = yield* k.iommu_device_use_default_domain(dev);
  if (ret) yield* k.arch_teardown_dma_ops(dev);
  return ret;
}
