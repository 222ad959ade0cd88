import type { Step, Task } from '../../../explore/index.ts';
import type { pci_dev } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';

// Device/port types of the PCI Express capability.
export const PCI_EXP_TYPE_ROOT_PORT = 4;
export const PCI_EXP_TYPE_UPSTREAM = 5;
export const PCI_EXP_TYPE_DOWNSTREAM = 6;
export const PCI_EXP_TYPE_PCI_BRIDGE = 7;
export const PCI_EXP_TYPE_PCIE_BRIDGE = 8;

/** Bus number in bits 8 to 15, device and function below. */
export function pci_dev_id(pdev: pci_dev): number {
  return (pdev.bus << 8) | pdev.devfn;
}

/** A requester ID, and the function or bridge it is the ID of. */
export interface DmaAlias {
  readonly pdev: pci_dev;
  readonly alias: number;
}

/**
 * The requester IDs that transactions of `pdev` can carry once they reach the root: its own, and
 * those that bridges on the way put in its place.
 */
export function dmaAliases(pdev: pci_dev): DmaAlias[] {
  const aliases: DmaAlias[] = [{ pdev, alias: pci_dev_id(pdev) }];
  for (let bridge = pdev.bridge; bridge !== null; bridge = bridge.bridge) {
    const alias = aliasBehind(bridge);
    if (alias !== null) aliases.push({ pdev: bridge, alias });
  }
  return aliases;
}

/**
 * Call `fn` for every DMA alias. The first result other than 0 ends the walk.
 *
 * @linux drivers/pci/search.c pci_for_each_dma_alias
 */
export function* pci_for_each_dma_alias(
  pdev: pci_dev,
  fn: (pdev: pci_dev, alias: number) => Step<errno>,
): Task<errno> {
  let ret: errno = 0;
  for (const { pdev: visited, alias } of dmaAliases(pdev)) {
    ret = yield* fn(visited, alias);
    if (ret) break;
  }
  return ret;
}

/** The requester ID that a bridge gives to what comes from below it, or null when it changes none. */
function aliasBehind(bridge: pci_dev): number | null {
  switch (bridge.pcie_type) {
    case PCI_EXP_TYPE_ROOT_PORT:
    case PCI_EXP_TYPE_UPSTREAM:
    case PCI_EXP_TYPE_DOWNSTREAM:
      return null;
    case PCI_EXP_TYPE_PCI_BRIDGE:
      return (bridge.subordinate ?? 0) << 8;
    default:
      return pci_dev_id(bridge);
  }
}
