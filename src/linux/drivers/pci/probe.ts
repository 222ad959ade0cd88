import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { PCI_FUNC, type pci_dev } from '../../include/linux/pci.ts';
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
