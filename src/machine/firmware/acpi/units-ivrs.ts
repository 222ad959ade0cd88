// The units of IVRS.

import type { Ivhd, Ivrs } from '../../../firmware/index.ts';
import type { AmdUnits } from '../../../linux/index.ts';
import type { MachineDevice, Units } from '../../machine.ts';
import { pciName } from '../pci-names.ts';
import { unitDevice } from './unit.ts';

/** A unit for each IVHD that Linux takes, with the functions behind it; all of them when it takes none. */
export function unitsOfIvrs(
  { blocks }: Ivrs,
  read: AmdUnits | string,
  devices: readonly MachineDevice[],
): Units {
  const units = typeof read === 'string' ? blocks.filter(isUnit) : read.units;
  const scopes = new Map<MachineDevice, readonly MachineDevice[]>();
  units.forEach((unit, index) => {
    scopes.set(unitDevice(`ivhd${index}`, pathOf(unit, devices)), behind(unit, read, devices));
  });
  return { table: 'ivrs', scopes };
}

function isUnit(block: Ivrs['blocks'][number]): block is Ivhd {
  return block.type === 'ivhd';
}

/** A unit is below the function that it is. */
function pathOf({ segment, device_id }: Ivhd, devices: readonly MachineDevice[]): string {
  const name = pciName({ segment, bus: device_id >> 8, devfn: device_id & 0xff });
  return devices.find((of) => of.name === name)?.path ?? 'devices';
}

function behind(
  unit: Ivhd,
  read: AmdUnits | string,
  devices: readonly MachineDevice[],
): MachineDevice[] {
  const segment = typeof read === 'string' ? undefined : read.segments.get(unit.segment);
  if (segment === undefined) return [];
  return devices.filter(({ pci }) => {
    if (pci === null || pci.segment !== segment.id) return false;
    const devid = (pci.bus << 8) | pci.devfn;
    return devid <= segment.last_bdf && segment.rlookup_table.get(devid) === unit;
  });
}
