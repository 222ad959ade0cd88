// The units of DMAR.

import type { Dmar, DmarDrhd } from '../firmware/index.ts';
import type { MachineDevice, Units } from './machine.ts';
import { unitDevice } from './unit.ts';

const INCLUDE_PCI_ALL = 1;

/** A unit for each DRHD, with the devices that it has in its scope. */
export function unitsOfDmar({ structures }: Dmar, devices: readonly MachineDevice[]): Units {
  const drhds = structures.filter((entry): entry is DmarDrhd => entry.type === 'drhd');
  const scopes = new Map<MachineDevice, readonly MachineDevice[]>();
  drhds.forEach(({ flags, segment }, sequence) => {
    const all = (flags & INCLUDE_PCI_ALL) !== 0;
    const clients = all ? devices.filter(({ pci }) => pci?.segment === segment) : [];
    scopes.set(unitDevice(`dmar${sequence}`, 'devices/virtual'), clients);
  });
  return { table: 'dmar', scopes };
}
