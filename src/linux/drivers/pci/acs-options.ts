// What the command line says of the ACS of a function: pci=disable_acs_redir= and pci=config_acs=.

import { PCI_FUNC, PCI_SLOT, type pci_dev } from '../../include/linux/pci.ts';
import type { Kconfig } from '../../kconfig.ts';
import { ACS_REDIRECT } from './quirks.ts';

/** Bits of the control register that are decided, and what they are to be. */
export interface AcsChange {
  readonly mask: number;
  readonly flags: number;
}

/** Whether redirection is not wanted on the function: it may then reach others directly. */
export function isNamedForRedirect({ pci_disable_acs_redir }: Kconfig, pdev: pci_dev): boolean {
  return pci_disable_acs_redir.split(';').some((entry) => isNamedBy(pdev, entry));
}

/** What both options decide for the function, the later after the earlier. */
export function acsChanges(config: Kconfig, pdev: pci_dev): AcsChange[] {
  const redirect = isNamedForRedirect(config, pdev) ? [{ mask: ACS_REDIRECT, flags: 0 }] : [];
  for (const entry of config.pci_config_acs.split(';')) {
    const [flags = '', name = ''] = entry.split('@');
    if (isNamedBy(pdev, name)) return [...redirect, ...changeOf(flags)];
  }
  return redirect;
}

/** `10x`: bit 0 is the last, and x leaves a bit as firmware had it. */
function changeOf(text: string): AcsChange[] {
  if (!/^[01x]{1,16}$/i.test(text)) return [];
  let mask = 0;
  let flags = 0;
  for (const digit of text) {
    mask = (mask << 1) | (digit === '0' || digit === '1' ? 1 : 0);
    flags = (flags << 1) | (digit === '1' ? 1 : 0);
  }
  return [{ mask, flags }];
}

/**
 * `[segment:]bus:device.function`, perhaps followed by `/device.function` of what is below it, or
 * `pci:vendor:device` where 0 is any. Subsystems are not known.
 *
 * @linux drivers/pci/pci.c pci_dev_str_match
 */
function isNamedBy(pdev: pci_dev, text: string): boolean {
  const [, vendor, device] = /^pci:([0-9a-f]+):([0-9a-f]+)(?::0+:0+)?$/i.exec(text) ?? [];
  if (vendor !== undefined && device !== undefined) {
    const ids = [Number.parseInt(vendor, 16), Number.parseInt(device, 16)];
    return (ids[0] || pdev.vendor) === pdev.vendor && (ids[1] || pdev.device) === pdev.device;
  }
  const [first = '', ...below] = text.split('/');
  let at: pci_dev | null = pdev;
  for (const part of below.toReversed()) {
    if (at === null || !isAt(at, part)) return false;
    at = at.bus.self;
  }
  const [, segment = '0', bus = '', rest = ''] =
    /^(?:([0-9a-f]+):)?([0-9a-f]+):([0-9a-f.]+)$/i.exec(first) ?? [];
  if (at === null || Number.parseInt(segment, 16) !== at.segment) return false;
  return Number.parseInt(bus, 16) === at.bus.number && isAt(at, rest);
}

function isAt({ devfn }: pci_dev, text: string): boolean {
  const [, device = '', fn = ''] = /^([0-9a-f]+)\.([0-7])$/i.exec(text) ?? [];
  return Number.parseInt(device, 16) === PCI_SLOT(devfn) && Number(fn) === PCI_FUNC(devfn);
}
