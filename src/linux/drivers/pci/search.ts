import type { Step, Task } from '../../../explore/index.ts';
import type { errno } from '../../include/linux/errno.ts';
import {
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_EXP_TYPE_PCIE_BRIDGE,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  type pci_bus,
  type pci_dev,
  pci_dev_id,
} from '../../include/linux/pci.ts';
import { aliasDevfns, isTranslationRoot, usesPcieBridgeAlias } from './quirks.ts';

/** A requester ID, and the function or bridge it is the ID of. */
export interface DmaAlias {
  readonly pdev: pci_dev;
  readonly alias: number;
}

/**
 * The requester IDs that transactions of `pdev` can carry once they reach the root: its own, others
 * that it is known to use, and those that bridges on the way put in their place.
 */
export function dmaAliases({ real_dma_dev: pdev }: pci_dev): DmaAlias[] {
  const aliases: DmaAlias[] = [{ pdev, alias: pci_dev_id(pdev) }];
  for (const devfn of aliasDevfns(pdev)) {
    aliases.push({ pdev, alias: (pdev.bus.number << 8) | devfn });
  }
  for (let bus: pci_bus | null = pdev.bus; bus !== null; bus = bus.parent) {
    const bridge = bus.self;
    if (bridge === null) continue;
    if (isTranslationRoot(bridge)) break;
    const alias = aliasBehind(bridge, bus);
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

/** The requester ID that a bridge gives to what comes from `bus` below it; null when it changes none. */
function aliasBehind(bridge: pci_dev, bus: pci_bus): number | null {
  switch (bridge.pcie_type) {
    case PCI_EXP_TYPE_ROOT_PORT:
    case PCI_EXP_TYPE_UPSTREAM:
    case PCI_EXP_TYPE_DOWNSTREAM:
      return null;
    case PCI_EXP_TYPE_PCI_BRIDGE:
      return bus.number << 8;
    case PCI_EXP_TYPE_PCIE_BRIDGE:
      return pci_dev_id(bridge);
    default:
      return usesPcieBridgeAlias(bridge) ? bus.number << 8 : pci_dev_id(bridge);
  }
}
