// Access Control Services: whether functions can reach each other without passing the IOMMU.

import {
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_ENDPOINT,
  PCI_EXP_TYPE_LEG_END,
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_EXP_TYPE_PCIE_BRIDGE,
  PCI_EXP_TYPE_RC_EC,
  PCI_EXP_TYPE_RC_END,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  type pci_dev,
  pci_is_root_bus,
} from '../../include/linux/pci.ts';
import { ACS_EGRESS_CONTROL, pci_dev_specific_acs_enabled } from './quirks.ts';

/** Whether the function itself keeps its transactions apart. @linux drivers/pci/pci.c pci_acs_enabled */
export function pci_acs_enabled(pdev: pci_dev, acs_flags: number): boolean {
  const specific = pci_dev_specific_acs_enabled(pdev, acs_flags);
  if (specific !== null) return specific;
  switch (pdev.pcie_type) {
    case null: // conventional PCI
    case PCI_EXP_TYPE_PCI_BRIDGE:
    case PCI_EXP_TYPE_PCIE_BRIDGE:
    case PCI_EXP_TYPE_RC_EC:
      return false;
    case PCI_EXP_TYPE_ROOT_PORT:
    case PCI_EXP_TYPE_DOWNSTREAM:
      return pci_acs_flags_enabled(pdev, acs_flags);
    case PCI_EXP_TYPE_ENDPOINT:
    case PCI_EXP_TYPE_LEG_END:
    case PCI_EXP_TYPE_RC_END:
    case PCI_EXP_TYPE_UPSTREAM:
      // Alone in its slot, it has no neighbour to reach.
      return !pdev.multifunction || pci_acs_flags_enabled(pdev, acs_flags);
    default:
      return true;
  }
}

/** What the capability does not list counts as built in, except egress control. @linux drivers/pci/pci.c pci_acs_flags_enabled */
function pci_acs_flags_enabled({ acs }: pci_dev, acs_flags: number): boolean {
  if (acs === null) return false;
  const needed = acs_flags & (acs.capability | ACS_EGRESS_CONTROL);
  return (acs.control & needed) === needed;
}

/** Whether `start` and every bridge above it isolate. @linux drivers/pci/pci.c pci_acs_path_enabled */
export function pci_acs_path_enabled(start: pci_dev, acs_flags: number): boolean {
  for (let pdev: pci_dev | null = start; pdev !== null; pdev = pdev.bus.self) {
    if (!pci_acs_enabled(pdev, acs_flags)) return false;
    if (pci_is_root_bus(pdev.bus)) return true;
  }
  return false;
}
