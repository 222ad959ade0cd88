import type { Task } from '../../../../explore/index.ts';
import { indirect, type kernel } from '../../../kernel.ts';

/** Long before there are devices: what a table of IOMMUs is reason enough for. @linux arch/x86/kernel/pci-dma.c pci_iommu_alloc */
export function* pci_iommu_alloc(k: kernel): Task {
  if (k.config.no_iommu) return;
  const detect = k.units?.driver.units?.detect;
  if (detect !== undefined) yield* indirect(k, detect);
}

/**
 * At rootfs_initcall: PCI has been scanned, and no driver has been offered a device of it.
 *
 * @linux arch/x86/kernel/pci-dma.c pci_iommu_init
 */
export function* pci_iommu_init(k: kernel): Task {
  if (k.config.no_iommu) return;
  const init = k.units?.driver.units?.init;
  if (init !== undefined) yield* indirect(k, init, k.units?.instances ?? []);
}
