import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_PCIE_BRIDGE,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  PCI_FUNC,
  type pci_dev,
} from '../../include/linux/pci.ts';
import type { kernel } from '../../kernel.ts';

/**
 * One function of a slot that is scanned. That function 1 and above are not alone is noted only when
 * they are devices, and perhaps in a group.
 *
 * @linux drivers/pci/probe.c pci_scan_slot
 */
export function* pci_scan_slot(k: kernel, dev: device, pdev: pci_dev): Task {
  yield* k.pci_device_add(dev, pdev);
  if (PCI_FUNC(pdev.devfn) > 0 && !pdev.is_virtfn) pdev.multifunction = true;
}

/** @linux drivers/pci/probe.c pci_device_add */
export function* pci_device_add(k: kernel, dev: device, pdev: pci_dev): Task {
  yield* k.pci_acs_init(pdev);
  yield* k.device_add(dev);
}

/**
 * What a port is, by what is above it: not what it says where that cannot be.
 *
 * @linux drivers/pci/probe.c set_pcie_port_type
 */
export function set_pcie_port_type(
  type: number | null,
  parent: Pick<pci_dev, 'pcie_type'> | null,
): number | null {
  const above = parent?.pcie_type ?? null;
  if (above === null) return type;
  if (type === PCI_EXP_TYPE_DOWNSTREAM && downstreamPorts.includes(above))
    return PCI_EXP_TYPE_UPSTREAM;
  if (type === PCI_EXP_TYPE_UPSTREAM && above === PCI_EXP_TYPE_UPSTREAM)
    return PCI_EXP_TYPE_DOWNSTREAM;
  return type;
}

/** @linux drivers/pci/pci.h pcie_downstream_port */
const downstreamPorts = [PCI_EXP_TYPE_ROOT_PORT, PCI_EXP_TYPE_DOWNSTREAM, PCI_EXP_TYPE_PCIE_BRIDGE];
