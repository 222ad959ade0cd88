import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';

/** Hyper-V shows its guests no IOMMU. @linux drivers/hv/hv_common.c hv_setup_dma_ops */
export function* hv_setup_dma_ops(k: kernel, dev: device, coherent: boolean): Task {
  yield* k.arch_setup_dma_ops(dev, null, coherent);
}
