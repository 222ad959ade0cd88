// Rules about IVRS: which blocks Linux uses, and what the entries in them say.

import type { Ivhd, IvhdEntry, IvhdSpecial, Ivrs, MadtEntry } from '../../../firmware/index.ts';
import { highestTypeIn } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import { controllersOf, inTable, type JudgedTables } from './tables.ts';

type Report = (rule: string, offset: number, message: string, help: string) => void;

export function ivrsFindings({ acpi }: JudgedTables): Finding[] {
  const { ivrs } = acpi;
  if (ivrs === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, offset: number, message: string, help: string): void => {
    findings.push(inTable('IVRS', rule, offset, message, help));
  };
  const units = ivrs.blocks.filter((block): block is Ivhd => block.type === 'ivhd');
  const used = usedOf(ivrs);
  coverage(units, used, report);
  for (const { entries } of units) ranges(entries, report);
  findings.push(...ioapics(used, controllersOf(acpi, ioapicOfMadt)));
  for (const block of ivrs.blocks) {
    if (block.type !== 'ivmd') continue;
    const { offset, start_address: start, memory_length: length } = block;
    if (start % 4096n === 0n && length % 4096n === 0n && length > 0n) continue;
    const message = `memory at ${hex(start)} of ${hex(length)} bytes is no whole number of pages`;
    report('ivrs-ivmd-align', offset + 16, message, 'align it: Linux rounds the start up');
  }
  return findings;
}

/** Linux uses one type of block. */
export function usedOf({ blocks }: Pick<Ivrs, 'blocks'>): Ivhd[] {
  const target = highestTypeIn(blocks);
  return blocks.filter(
    (block): block is Ivhd => block.type === 'ivhd' && block.block_type === target,
  );
}

function coverage(units: readonly Ivhd[], used: readonly Ivhd[], report: Report): void {
  const [target] = used;
  const [first] = units;
  if (target === undefined) {
    if (first === undefined) return;
    const message =
      'the last block about the first device is not about a unit: Linux finds no unit';
    report('ivrs-type-coverage', first.offset, message, 'describe units before all else');
    return;
  }
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

/** The type of its entries. */
const ioapicOfMadt = 1;

/** Device 0x14, function 0, on bus 0. */
const southbridge = 0xa0;

function ioapicsIn(units: readonly Ivhd[]): IvhdSpecial[] {
  return units
    .flatMap(({ entries }) => entries)
    .filter((entry): entry is IvhdSpecial => entry.type === 'special' && entry.variety === 1);
}

function isSouthbridge({ source_id }: IvhdSpecial): boolean {
  return source_id === southbridge;
}

/** Whether a special entry is about the I/O APIC that Linux wants. */
export function hasSouthbridge(units: readonly Ivhd[]): boolean {
  return ioapicsIn(units).some(isSouthbridge);
}

/** By their IDs, laptops whose entries Linux adds to IVRS where DMI names them (amd/quirks.c). */
const quirks: readonly (readonly number[])[] = [[4, 5], [32]];

/**
 * Interrupts are remapped when IVRS knows each I/O APIC of MADT by the ID that it has there, and the
 * southbridge's is among them.
 */
function ioapics(used: readonly Ivhd[], controllers: readonly MadtEntry[] | null): Finding[] {
  const [first] = used;
  if (first === undefined) return [];
  const entries = ioapicsIn(used);
  const own = entries.find(isSouthbridge);
  if (own === undefined) {
    const message = 'no unit has the IOAPIC of the southbridge at 00:14.0';
    const help = 'without it Linux disables interrupt remapping';
    return [inTable('IVRS', 'ivrs-no-ioapic', first.offset, message, help)];
  }
  const listed = controllers?.filter(({ id }) => id !== null) ?? [];
  const missing = listed.filter(({ id }) => !entries.some(({ handle }) => handle === id));
  const [one] = missing;
  if (one === undefined) {
    if (listed.length === 0 || listed.some(({ id }) => id === own.handle)) return [];
    const message = `the IOAPIC of the southbridge is ${own.handle} in IVRS, and MADT has none of that ID`;
    const help = 'call it by its ID in MADT: Linux disables interrupt remapping';
    return [inTable('IVRS', 'ivrs-no-ioapic', own.offset, message, help)];
  }
  const ids = missing.map(({ id }) => id);
  const message = `IVRS has no entry for I/O APIC ${ids.join(', ')}: Linux disables interrupt remapping`;
  const mended = quirks.some((known) => ids.every((id) => known.includes(id ?? -1)));
  const unless = mended
    ? '; on laptops that DMI names, which the input does not show, Linux does so itself'
    : '';
  const help = `call I/O APICs in IVRS by their IDs in MADT${unless}`;
  return [inTable('APIC', 'ivrs-ioapic', one.offset, message, help)];
}
