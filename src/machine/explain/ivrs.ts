// From a device to its unit in IVRS.

import type { Ivhd, IvhdEntry } from '../../firmware/index.ts';
import { type AmdUnits, acpihidMatches, to_acpi_device_node } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Described } from './devicetree.ts';
import { atTable, type Chain, type Place } from './explanation.ts';

/** The block of the unit and the entry that names the device, if any does. */
export function addIvrs(chain: Chain, { k, dev }: Described): void {
  const read = k.acpi?.ivrs ?? null;
  if (read === null || typeof read === 'string') return;
  const id = dev.pci === null ? objectId(read, dev.fwnode) : functionId(dev.pci);
  const segment = id === null ? undefined : read.segments.get(id.segment);
  if (id === null || segment === undefined) return;
  const unit = segment.rlookup_table.get(id.devid);
  if (unit === undefined) return;
  chain.add('description', unitText(read, unit), atTable('IVRS', 'IVHD', unit.offset, 24));
  const [entry, text] = entryFor(unit, id.devid);
  if (entry !== null) chain.add('map', `${hex(id.devid)}: ${text}`, atEntry(entry));
  const alias = segment.alias_table.get(id.devid);
  if (alias !== undefined)
    chain.add('alias', `${hex(alias)}: IVRS says that ${hex(id.devid)} sends with it, too`);
}

interface Id {
  readonly segment: number;
  readonly devid: number;
}

function functionId({ segment, bus, devfn }: NonNullable<Described['dev']['pci']>): Id {
  return { segment, devid: (bus.number << 8) | devfn };
}

function objectId({ acpihid_map }: AmdUnits, fwnode: Described['dev']['fwnode']): Id | null {
  const adev = to_acpi_device_node(fwnode);
  if (adev === null) return null;
  return acpihid_map.find((entry) => acpihidMatches(entry, adev)) ?? null;
}

function unitText({ units }: AmdUnits, unit: Ivhd): string {
  const { block_type, device_id, segment } = unit;
  const name = `ivhd${units.indexOf(unit)}`;
  return `IVRS: unit ${name}, a block of type ${hex(block_type)}, is ${hex(device_id)} of segment ${segment}`;
}

function atEntry({ offset, type }: IvhdEntry): Place {
  const long = ['alias-select', 'alias-start', 'extended-select', 'extended-start', 'special'];
  const size = type === 'acpi' ? 22 : long.includes(type) ? 8 : 4;
  return atTable('IVRS', `entry of type ${type}`, offset, size);
}

/** The last entry of a unit that is about an ID. */
function entryFor({ entries }: Ivhd, devid: number): [entry: IvhdEntry | null, text: string] {
  let found: [IvhdEntry | null, string] = [null, ''];
  let start: IvhdEntry | null = null;
  for (const entry of entries) {
    const { type, device_id } = entry;
    if (type.endsWith('start')) start = entry;
    else if (type === 'all') found = [entry, 'an entry for all IDs'];
    else if (type === 'end' && start !== null) {
      const range = `${hex(start.device_id)} to ${hex(device_id)}`;
      if (devid >= start.device_id && devid <= device_id) found = [start, `an entry for ${range}`];
      else if (sourceOf(start) === devid) found = [start, `the ID that ${range} send with`];
    } else if (sourceOf(entry) === devid) found = [entry, 'the ID that another device sends with'];
    else if (type !== 'pad' && type !== 'special' && type !== 'end' && device_id === devid)
      found = [entry, 'an entry for it'];
  }
  return found;
}

function sourceOf(entry: IvhdEntry): number | null {
  return 'source_id' in entry ? entry.source_id : null;
}
