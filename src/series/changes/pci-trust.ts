import type { Task } from '../../explore/index.ts';
import {
  bridgeAbove,
  type kernel,
  type Patch,
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_ENDPOINT,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  type pci_dev,
} from '../../linux/index.ts';

// What is soldered in behind a port that faces the outside is trusted.

/** No architecture but x86 knows what could be removed, so that all is trusted there. @linux drivers/pci/probe.c set_pcie_untrusted */
function* bringsDistrust(k: kernel, pdev: pci_dev): Task<boolean> {
  return k.config.CONFIG_X86 && isRemovable(pdev);
}

/** Whether a tunnel leads to it. @linux arch/x86/pci/acpi.c arch_pci_dev_is_removable */
function isRemovable(pdev: pci_dev): boolean {
  const parent = bridgeAbove(pdev);
  const root = rootPortAbove(pdev);
  if (parent === null || root === null || !root.external_facing) return false;
  return hasHostInterface(parent) || !isInSwitchUnder(root, pdev);
}

/** @linux include/linux/pci.h pcie_find_root_port */
function rootPortAbove(pdev: pci_dev): pci_dev | null {
  let at: pci_dev | null = pdev;
  while (at !== null && at.pcie_type !== PCI_EXP_TYPE_ROOT_PORT) at = bridgeAbove(at);
  return at;
}

/** Root ports of Ice Lake and Tiger Lake, which have tunnels below and no property that says so. */
const tunnelled: readonly number[] = [
  ...[0x8a1d, 0x8a1f, 0x8a21, 0x8a23],
  ...[0x9a23, 0x9a25, 0x9a27, 0x9a29, 0x9a2b, 0x9a2d, 0x9a2f, 0x9a31],
];

/** @linux arch/x86/pci/acpi.c pcie_has_usb4_host_interface */
function hasHostInterface({ usb4_host_interface, vendor, device }: pci_dev): boolean {
  return usb4_host_interface || (vendor === 0x8086 && tunnelled.includes(device));
}

/** What leads from an endpoint down from a port up to that port, if it is in the switch below it. */
const above: Readonly<Record<number, readonly number[]>> = {
  [PCI_EXP_TYPE_UPSTREAM]: [],
  [PCI_EXP_TYPE_DOWNSTREAM]: [PCI_EXP_TYPE_UPSTREAM],
  [PCI_EXP_TYPE_ENDPOINT]: [PCI_EXP_TYPE_DOWNSTREAM, PCI_EXP_TYPE_UPSTREAM],
};

/**
 * Whether the function is part of the switch below the bridge, or an endpoint of that switch: such a
 * chip is in the machine.
 *
 * @linux arch/x86/pci/acpi.c pcie_switch_directly_under
 */
function isInSwitchUnder(bridge: pci_dev, pdev: pci_dev): boolean {
  const types = pdev.pcie_type === null ? undefined : above[pdev.pcie_type];
  if (types === undefined) return false;
  let parent = bridgeAbove(pdev);
  for (const type of types) {
    if (parent?.pcie_type !== type) return false;
    parent = bridgeAbove(parent);
  }
  return parent === bridge;
}

export const trustBuiltIn: Patch = {
  // 3b96b895127b, v6.13; also in 6.1.192 and 6.12.117
  subject: 'PCI: Detect and trust built-in Thunderbolt chips',
  replaces: { bringsDistrust },
};
