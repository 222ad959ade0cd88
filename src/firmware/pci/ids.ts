// The list of PCI IDs that is kept at pci-ids.ucw.cz, and that distributions install as pci.ids.

import { FormatError } from '../../util/index.ts';

/** Names of vendors and devices, raw: to be escaped before printing. */
export interface PciIds {
  readonly vendors: ReadonlyMap<number, string>;
  /** By vendor in bits 16 to 31 and device below. */
  readonly devices: ReadonlyMap<number, string>;
}

/** Read the list. Subsystems and classes are left out. */
export function parsePciIds(text: string): PciIds {
  const vendors = new Map<number, string>();
  const devices = new Map<number, string>();
  let vendor: number | null = null;
  for (const line of text.split(/\r?\n/)) {
    const [, tab, id, name] = /^(\t?)([0-9a-f]{4}) {2}(\S.*)$/i.exec(line) ?? [];
    if (id === undefined || name === undefined) {
      // Classes follow all vendors, under letters.
      if (/^\S/.test(line) && !line.startsWith('#')) vendor = null;
      continue;
    }
    const number = Number.parseInt(id, 16);
    if (tab === '') {
      vendor = number;
      vendors.set(number, name.trim());
    } else if (vendor !== null) devices.set(vendor * 0x10000 + number, name.trim());
  }
  if (vendors.size === 0) {
    throw new FormatError({
      code: 'pci-ids/no-vendor',
      offset: null,
      field: 'list of PCI IDs',
      expected: 'lines such as "8086  Intel Corporation"',
      found: 'none',
    });
  }
  return { vendors, devices };
}

/** Vendor and device, or the vendor alone; null where the list has neither. */
export function titleOf(ids: PciIds, vendor: number, device: number): string | null {
  const name = ids.vendors.get(vendor);
  if (name === undefined) return null;
  return `${name} ${ids.devices.get(vendor * 0x10000 + device) ?? `Device ${digits(device)}`}`;
}

function digits(id: number): string {
  return id.toString(16).padStart(4, '0');
}
