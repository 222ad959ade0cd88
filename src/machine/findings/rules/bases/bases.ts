import { arm, viot } from './arm.ts';
import type { Base } from './base.ts';
import { acpiDevices, amd, intel, manyUnits, withSwitch } from './x86.ts';

/** The machines that examples are made of, by the names that examples call them. */
export const bases: ReadonlyMap<string, Base> = new Map([
  ['arm', arm],
  ['viot', viot],
  ['intel', intel],
  ['amd', amd],
  ['switch', withSwitch],
  ['many-units', manyUnits],
  ['acpi-devices', acpiDevices],
]);
