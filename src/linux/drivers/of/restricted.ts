import { type Task, write } from '../../../explore/index.ts';
import { cells, compatibleOf, type FdtNode, propertyOf } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';
import { of_device_is_available } from './base.ts';

/** The pool among the memory regions of a node: the first that is one and available. */
function poolOf(k: kernel, np: FdtNode | null): FdtNode | null | undefined {
  const regions = np === null ? undefined : propertyOf(np, 'memory-region');
  if (regions === undefined || regions.value.length === 0 || regions.value.length % 4 !== 0)
    return undefined;
  const nodes = cells(regions).map((phandle) => k.fdt?.phandles.get(phandle));
  const isPool = (of: FdtNode | undefined): boolean =>
    of !== undefined &&
    compatibleOf(of).includes('restricted-dma-pool') &&
    of_device_is_available(of);
  return nodes.find(isPool) ?? null;
}

/**
 * A device that no IOMMU keeps in bounds does its DMA through a pool that firmware sets aside for it.
 * The regions of its own node count, where it has any, else those of the node that describes its DMA.
 *
 * @linux drivers/of/device.c of_dma_set_restricted_buffer
 */
export function* of_dma_set_restricted_buffer(k: kernel, dev: device, np: FdtNode | null): Task {
  if (!k.config.CONFIG_DMA_RESTRICTED_POOL) return;
  const own = poolOf(k, dev.of_node);
  const pool = own === undefined ? poolOf(k, np) : own;
  if (pool != null) yield* write(dev.dma_io_tlb_mem, pool.path);
}
