// IOMMUs that no device of a bus stands for: a table of ACPI lists them, and the devices behind each.

import type { Acpi } from '../../../firmware/index.ts';
import type { AmdUnits } from '../../../linux/index.ts';
import type { MachineDevice, Units } from '../../machine.ts';
import { unitsOfDmar } from './units-dmar.ts';
import { unitsOfIvrs } from './units-ivrs.ts';

/** The units that Linux finds in the tables, null where no table lists any. */
export function unitsOf(
  { dmar, ivrs }: Pick<Acpi, 'dmar' | 'ivrs'>,
  amd: AmdUnits | string | null,
  devices: readonly MachineDevice[],
): Units | null {
  if (ivrs !== null && amd !== null) return unitsOfIvrs(ivrs, amd, devices);
  return dmar === null ? null : unitsOfDmar(dmar);
}
