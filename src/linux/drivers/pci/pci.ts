import type { Task } from '../../../explore/index.ts';
import type { pci_dev } from '../../include/linux/pci.ts';
import type { kernel } from '../../kernel.ts';
import { isNamedForRedirect } from './acs-options.ts';
import { ACS_ISOLATION, ACS_REDIRECT, pci_dev_specific_enable_acs } from './quirks.ts';

/** From here on Linux enables ACS, on functions that it comes to afterwards. @linux drivers/pci/pci.c pci_request_acs */
export function* pci_request_acs(k: kernel): Task {
  k.pci_acs_enable = true;
}

/** Add what isolates to what firmware enabled, and take away what is not wanted. @linux drivers/pci/pci.c pci_enable_acs */
export function* pci_enable_acs(k: kernel, pdev: pci_dev): Task {
  const enable = k.pci_acs_enable && !pci_dev_specific_enable_acs(pdev);
  const { acs } = pdev;
  if (acs === null) return;
  if (enable) acs.control |= acs.capability & ACS_ISOLATION;
  if (isNamedForRedirect(k.config, pdev)) acs.control &= ~ACS_REDIRECT;
}

/** Once for each function, before it is a device. @linux drivers/pci/pci.c pci_acs_init */
export function* pci_acs_init(k: kernel, pdev: pci_dev): Task {
  yield* k.pci_enable_acs(pdev);
}
