import { type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/fdt/index.ts';
import { dmaAttribute } from '../drivers/acpi/scan.ts';
import type { device } from '../include/linux/device.ts';
import type { kernel } from '../kernel.ts';

// Architectures whose hook for DMA ops only notes whether DMA is coherent. None asks for an IOMMU.

/** By the node, or the nearest one above it that says something. @linux drivers/of/address.c of_dma_is_coherent */
function of_dma_is_coherent(np: FdtNode): boolean {
  for (let node: FdtNode | null = np; node !== null; node = node.parent) {
    if (node.properties.has('dma-coherent')) return true;
    if (node.properties.has('dma-noncoherent')) return false;
  }
  return false;
}

/** What firmware says of a device's DMA. */
export function isCoherent(k: kernel, dev: device): boolean {
  if (dev.dma_node !== null) return of_dma_is_coherent(dev.dma_node);
  return dev.dma_companion === null || dmaAttribute(k, dev.dma_companion) === 'coherent';
}

/** With the bus that keeps caches and DMA together, which is taken to be there; never taken back. @linux arch/arc/mm/dma.c arch_setup_dma_ops */
export function* arcSetupDmaOps(_k: kernel, dev: device, coherent: boolean): Task {
  if (coherent) yield* write(dev.dma_coherent, true);
}

/** @linux arch/mips/mm/dma-noncoherent.c arch_setup_dma_ops */
export function* mipsSetupDmaOps(_k: kernel, dev: device, coherent: boolean): Task {
  yield* write(dev.dma_coherent, coherent);
}

/** Without Zicbom or the like nothing can be done about a device that is not. @linux arch/riscv/mm/dma-noncoherent.c arch_setup_dma_ops */
export function* riscvSetupDmaOps(_k: kernel, dev: device, coherent: boolean): Task {
  yield* write(dev.dma_coherent, coherent);
}

/** Caches are taken to be on: without any, all DMA is coherent. @linux arch/arm/mm/dma-mapping-nommu.c arch_setup_dma_ops */
export function* armNoMmuSetupDmaOps(_k: kernel, dev: device, coherent: boolean): Task {
  yield* write(dev.dma_coherent, coherent);
}
