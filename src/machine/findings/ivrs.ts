// Rules about IVRS: which blocks Linux uses, and what the entries in them say.

import type { Ivhd, IvhdEntry } from '../../firmware/index.ts';
import { hex } from '../../util/index.ts';
import type { Finding } from '../inspection.ts';
import { inTable, type JudgedTables } from './tables.ts';

type Report = (rule: string, offset: number, message: string, help: string) => void;

export function ivrsFindings({ acpi: { ivrs } }: JudgedTables): Finding[] {
  if (ivrs === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, offset: number, message: string, help: string): void => {
    findings.push(inTable('IVRS', rule, offset, message, help));
  };
  const units = ivrs.blocks.filter((block): block is Ivhd => block.type === 'ivhd');
  coverage(units, report);
  for (const { entries } of units) ranges(entries, report);
  const [first] = units;
  if (first !== undefined && !units.some(hasIoapicOfSouthbridge)) {
    const message = 'no unit has the IOAPIC of the southbridge at 00:14.0';
    const help = 'without it Linux disables interrupt remapping';
    report('ivrs-no-ioapic', first.offset, message, help);
  }
  for (const block of ivrs.blocks) {
    if (block.type !== 'ivmd') continue;
    const { offset, start_address: start, memory_length: length } = block;
    if (start % 4096n === 0n && length % 4096n === 0n) continue;
    const message = `memory at ${hex(start)} of ${hex(length)} bytes is no whole number of pages`;
    report('ivrs-ivmd-align', offset + 16, message, 'align it: Linux rounds the start up');
  }
  return findings;
}

/** Linux uses one type of block: the last that the first unit has. */
function coverage(units: readonly Ivhd[], report: Report): void {
  const [first] = units;
  if (first === undefined) return;
  const target = units.findLast(({ device_id }) => device_id === first.device_id) ?? first;
  const used = units.filter(({ block_type }) => block_type === target.block_type);
  const known = new Set(used.map(keyOf));
  for (const unit of units) {
    if (known.has(keyOf(unit))) continue;
    known.add(keyOf(unit));
    const message = `the unit ${hex(unit.device_id)} has no block of type ${hex(target.block_type)}, the only one that Linux reads`;
    report('ivrs-type-coverage', unit.offset, message, 'describe all units in blocks of all types');
  }
}

function keyOf({ segment, device_id }: Ivhd): string {
  return `${segment}:${device_id}`;
}

/** The entry that begins a range is followed by the one that ends it. */
function ranges(entries: readonly IvhdEntry[], report: Report): void {
  const help = 'pair the entries that begin and end a range, in order';
  let open: IvhdEntry | null = null;
  for (const entry of entries) {
    const { type, offset, device_id } = entry;
    if (type === 'end') {
      if (open === null) report('ivrs-range', offset, 'no range ends here', help);
      else if (device_id < open.device_id)
        report('ivrs-range', offset, 'the range ends before it begins', help);
      open = null;
    } else if (type.endsWith('start')) {
      if (open !== null) report('ivrs-range', open.offset, 'the range has no end', help);
      open = entry;
    }
  }
  if (open !== null) report('ivrs-range', open.offset, 'the range has no end', help);
}

/** Device 0x14, function 0, on bus 0. */
const southbridge = 0xa0;

function hasIoapicOfSouthbridge({ entries }: Ivhd): boolean {
  return entries.some(
    (entry) => entry.type === 'special' && entry.variety === 1 && entry.source_id === southbridge,
  );
}
