import { arm, viot } from './arm.ts';
import type { Base } from './base.ts';
import { acpiDevices, amd, intel, manyUnits, withSwitch } from './x86.ts';

/** Tables are called by their signatures. */
function isTable(name: string): boolean {
  return /^\w{4}$/.test(name);
}

/** The machines that examples are made of, by the names that examples call them. */
export const bases: ReadonlyMap<string, Base> = new Map([
  ['arm', arm],
  ['viot', viot],
  ['intel', intel],
  ['amd', amd],
  ['switch', withSwitch],
  // As lspci shows it.
  [
    'switch-alone',
    Object.fromEntries(Object.entries(withSwitch).filter(([name]) => !isTable(name))),
  ],
  ['many-units', manyUnits],
  ['acpi-devices', acpiDevices],
]);
