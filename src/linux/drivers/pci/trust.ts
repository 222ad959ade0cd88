// Which functions could be plugged in by anybody, and are not trusted with memory that others use.

import type { Task } from '../../../explore/index.ts';
import { bridgeAbove, type pci_dev } from '../../include/linux/pci.ts';
import type { kernel } from '../../kernel.ts';

/** `untrusted`, as it is set before a function is a device: by itself, or with the bridge above. */
export function* isUntrusted(k: kernel, pdev: pci_dev | null): Task<boolean> {
  for (let at = pdev; at !== null; at = bridgeAbove(at)) {
    if (yield* k.bringsDistrust(at)) return true;
  }
  return false;
}

/** Whatever is directly below a port that faces the outside. @linux drivers/pci/probe.c set_pcie_untrusted */
export function* bringsDistrust(_k: kernel, pdev: pci_dev): Task<boolean> {
  return bridgeAbove(pdev)?.external_facing ?? false;
}
