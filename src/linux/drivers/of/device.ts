import type { Task } from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno, IS_ERR } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/**
 * Prepare a device for DMA by its devicetree node. No error of the IOMMU path but deferral gets
 * past here: the device then works without one.
 *
 * @linux drivers/of/device.c of_dma_configure_id
 */
export function* of_dma_configure_id(
  k: kernel,
  dev: device,
  np: FdtNode | null,
  id: number | null,
): Task<errno> {
  const iommu = yield* k.of_iommu_configure(dev, np, id);
  if (IS_ERR(iommu) && iommu.error === -EPROBE_DEFER) return -EPROBE_DEFER;
  const behind = iommu !== null && !IS_ERR(iommu);
  k.dev_dbg(dev, `device is${behind ? ' ' : ' not '}behind an iommu`);
  yield* k.arch_setup_dma_ops(dev, behind ? iommu : null);
  if (!behind) yield* k.of_dma_set_restricted_buffer(dev, np);
  return 0;
}
