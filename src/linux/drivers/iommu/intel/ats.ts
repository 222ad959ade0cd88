import type { Dmar } from '../../../../firmware/acpi/index.ts';
import {
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_EXP_TYPE_ROOT_PORT,
  type pci_dev,
} from '../../../include/linux/pci.ts';
import { isInScope } from './dmar.ts';

/**
 * Whether DMAR says that a function may keep translations: those inside the chipset may, of the
 * others those whose root port is listed. Linux leaves it off where the hardware turns it on by itself (ATC_REQUIRED
 * of SATC, without scalable mode): that counts here, too.
 *
 * @linux drivers/iommu/intel/iommu.c dmar_ats_supported
 */
export function dmar_ats_supported({ structures }: Dmar, dev: pci_dev): boolean {
  const pdev = dev.physfn ?? dev;
  if (structures.some((of) => of.type === 'satc' && isInScope(of, pdev))) return true;
  let bridge = pdev.bus.self;
  while (bridge !== null && bridge.pcie_type !== PCI_EXP_TYPE_ROOT_PORT) {
    if (bridge.pcie_type === null || bridge.pcie_type === PCI_EXP_TYPE_PCI_BRIDGE) return false;
    bridge = bridge.bus.self;
  }
  if (bridge === null) return true;
  const port = bridge;
  return structures.some(
    (of) =>
      of.type === 'atsr' &&
      of.segment === pdev.segment &&
      ((of.flags & 1) !== 0 || isInScope(of, port)),
  );
}
