import { type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/fdt/index.ts';
import { dmaAttribute } from '../drivers/acpi/scan.ts';
import type { device } from '../include/linux/device.ts';
import type { kernel } from '../kernel.ts';

// Architectures whose hook for DMA ops only notes whether DMA is coherent. None asks for an IOMMU.

/**
 * By the node, or the nearest one above it that says something. Where none does, DMA is coherent on
 * RISC-V alone (`ARCH_DMA_DEFAULT_COHERENT`).
 *
 * @linux drivers/of/address.c of_dma_is_coherent
 */
function of_dma_is_coherent(k: kernel, np: FdtNode): boolean {
  for (let node: FdtNode | null = np; node !== null; node = node.parent) {
    if (node.properties.has('dma-coherent')) return true;
    if (node.properties.has('dma-noncoherent')) return false;
  }
  return k.config.CONFIG_RISCV;
}

/** What firmware says of a device's DMA. */
function isCoherent(k: kernel, dev: device): boolean {
  if (dev.dma_node !== null) return of_dma_is_coherent(k, dev.dma_node);
  return dev.dma_companion === null || dmaAttribute(k, dev.dma_companion) === 'coherent';
}

/**
 * What the caller has found out, or what firmware says. ARC, with the bus that keeps caches and DMA
 * together, which is taken to be there, never takes it back. RISC-V can do nothing about a device that
 * is not coherent without Zicbom or the like. On Arm without an MMU, caches are taken to be on.
 *
 * @linux arch/arc/mm/dma.c arch_setup_dma_ops
 * @linux arch/mips/mm/dma-noncoherent.c arch_setup_dma_ops
 * @linux arch/riscv/mm/dma-noncoherent.c arch_setup_dma_ops
 * @linux arch/arm/mm/dma-mapping-nommu.c arch_setup_dma_ops
 */
export function* noteCoherency(k: kernel, dev: device, told?: boolean): Task {
  const coherent = told ?? isCoherent(k, dev);
  if (coherent || !k.config.CONFIG_ARC) yield* write(dev.dma_coherent, coherent);
}
