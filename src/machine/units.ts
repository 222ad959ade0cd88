// IOMMUs that no device of a bus stands for: a table of ACPI lists them, and the devices behind each.

import type { Acpi } from '../firmware/index.ts';
import type { MachineDevice, Units } from './machine.ts';
import { unitsOfDmar } from './units-dmar.ts';

/** The units that Linux finds in the tables, null where no table lists any. */
export function unitsOf(
  { dmar }: Pick<Acpi, 'dmar'>,
  devices: readonly MachineDevice[],
): Units | null {
  return dmar === null ? null : unitsOfDmar(dmar, devices);
}
