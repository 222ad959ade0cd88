// Graphics that Intel's driver does not translate.

import { type pci_dev, pci_is_root_bus } from '../../../include/linux/pci.ts';
import type { kernel } from '../../../kernel.ts';

const PCI_BASE_CLASS_DISPLAY = 3;

export function isGraphics({ class_code }: pci_dev): boolean {
  return class_code >> 16 === PCI_BASE_CLASS_DISPLAY;
}

/** Graphics of chipsets and processors whose translation does not work. @linux drivers/iommu/intel/iommu.c quirk_iommu_igfx */
const brokenGraphics: ReadonlySet<number> = new Set([
  ...[0x2a40, 0x2e00, 0x2e10, 0x2e20, 0x2e30, 0x2e40, 0x2e90], // G4x, GM45
  ...[0x1602, 0x160a, 0x160d, 0x1606, 0x160b, 0x160e], // Broadwell
  ...[0x1612, 0x161a, 0x161d, 0x1616, 0x161b, 0x161e],
  ...[0x1622, 0x162a, 0x162d, 0x1626, 0x162b, 0x162e],
  ...[0x1632, 0x163a, 0x163d, 0x1636, 0x163b, 0x163e],
]);

/** Somebody asked for it, or some function on the machine makes it necessary. */
export function graphicsAreOff(
  k: kernel,
  functions: readonly pci_dev[] = k.devices().flatMap(({ pci }) => pci ?? []),
): boolean {
  if (k.config.disable_igfx_iommu) return true;
  return functions.some(({ vendor, device }) => vendor === 0x8086 && brokenGraphics.has(device));
}

/** What Debian's kernels leave untranslated unless somebody says otherwise. */
export function isOfProcessor(pdev: pci_dev): boolean {
  return isGraphics(pdev) && pdev.vendor === 0x8086 && pci_is_root_bus(pdev.bus);
}
