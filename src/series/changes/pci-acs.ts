import type { Task } from '../../explore/index.ts';
import {
  ACS_ISOLATION,
  acsChanges,
  base,
  type device,
  type errno,
  type kernel,
  type Patch,
  PCI_ACS_SV,
  type pci_dev,
  pci_dev_specific_enable_acs,
} from '../../linux/index.ts';

// When and how ACS is enabled on PCI functions.

/** Of a function that the command line names, the other bits go back to what firmware had. @linux drivers/pci/pci.c pci_enable_acs */
function* pci_enable_acs(k: kernel, pdev: pci_dev): Task {
  const enable = k.pci_acs_enable && !pci_dev_specific_enable_acs(pdev);
  const { acs } = pdev;
  if (acs === null) return;
  const firmware = acs.control;
  if (enable) acs.control |= acs.capability & ACS_ISOLATION;
  for (const { mask, flags } of acsChanges(k.config, pdev)) {
    acs.control = (firmware & ~mask) | (flags & mask);
  }
}

export const configurableAcs: Patch = {
  // 47c8846a49ba, v6.11; 9cf8a952d57b, v6.15
  subject: 'PCI: Extend ACS configurability; Fix "pci=config_acs=" parameter',
  replaces: { pci_enable_acs },
};

/** Switches of IDT that take some of what is right for a breach. @linux drivers/pci/quirks.c pci_disable_broken_acs_cap */
const brokenSourceValidation: readonly number[] = [0x8090, 0x80b5];

/**
 * What is left of it: to note what the function can do. What it is said not to be able to do is
 * neither enabled nor asked for, so that its groups stay apart.
 *
 * @linux drivers/pci/pci.c pci_acs_init
 */
function* pci_acs_init(_k: kernel, { acs, vendor, device }: pci_dev): Task {
  if (acs === null || vendor !== 0x111d || !brokenSourceValidation.includes(device)) return;
  acs.capability &= ~PCI_ACS_SV;
}

/** ACS follows the firmware part of `pci_dma_configure()`, whatever came of that. */
function* configureByFirmware(k: kernel, dev: device): Task<errno> {
  const ret = yield* base.functions.configureByFirmware(k, dev);
  if (dev.pci !== null) yield* k.pci_enable_acs(dev.pci);
  return ret;
}

export const acsWhereProbed: Patch = {
  subject: 'PCI: Enable ACS after configuring IOMMU for OF platforms',
  replaces: { pci_acs_init, configureByFirmware },
};
