// Rules about the units of IVRS: what each is, and that no device is behind two.

import type { Ivhd, IvhdEntry, IvhdSpecial, Ivmd } from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import { pciName } from '../../firmware/pci-names.ts';
import type { Finding } from '../../inspection.ts';
import type { MachineDevice } from '../../machine.ts';
import { hasSouthbridge, usedOf } from './ivrs.ts';
import { inTable, type JudgedTables } from './tables.ts';

type Report = (
  rule: string,
  offset: number,
  message: string,
  help: string,
  severity?: Finding['severity'],
) => void;

export function ivrsUnitFindings({ acpi: { ivrs }, machine }: JudgedTables): Finding[] {
  if (ivrs === null) return [];
  const findings: Finding[] = [];
  const report: Report = (rule, offset, message, help, severity) => {
    const finding = inTable('IVRS', rule, offset, message, help);
    findings.push(severity === undefined ? finding : { ...finding, severity });
  };
  const used = usedOf(ivrs);
  const all = ivrs.blocks.filter((block): block is Ivhd => block.type === 'ivhd');
  const types = new Set([...used, ...all].map(({ block_type }) => block_type));
  for (const type of types) {
    const isUsed = used[0]?.block_type === type;
    const units = all.filter(({ block_type }) => block_type === type);
    const of = isUsed ? report : aside(report, type, new Set(findings.map(({ rule }) => rule)));
    bases(units, of);
    for (const unit of units) entries(unit, of);
    specials(units, of);
    devices(units, of);
    if (isUsed) functions(units, machine.devices, of);
    else contradictions(units, used, of);
  }
  const read = machine.acpi?.ivrs ?? null;
  const [first] = used;
  // What Linux cannot do with the table, where no other rule says it.
  if (typeof read === 'string' && first !== undefined && ivrs.checksum_valid)
    if (!findings.some(({ severity }) => severity === 'error'))
      report(
        'ivrs-units',
        first.offset,
        `Linux uses no unit: ${read}`,
        'describe each unit once, with its devices',
      );
  for (const block of ivrs.blocks) if (block.type === 'ivmd') memory(block, used, report);
  return findings;
}

/** What is wrong in blocks that Linux does not read costs nothing. It is said where the others are right. */
function aside(report: Report, type: number, known: ReadonlySet<string>): Report {
  return (rule, offset, message, help) => {
    if (known.has(rule)) return;
    const what = message.replace(/: Linux .*$/, '');
    const unread = `${what}, in a block of type ${hex(type)}, which Linux does not read here`;
    report(rule, offset, unread, help, 'warning');
  };
}

/** Blocks of several types about one unit say the same of it. */
function contradictions(units: readonly Ivhd[], used: readonly Ivhd[], report: Report): void {
  const [first] = units;
  if (first !== undefined && hasSouthbridge(used) && !hasSouthbridge(units)) {
    const message = 'no unit has the IOAPIC of the southbridge at 00:14.0';
    report('ivrs-no-ioapic', first.offset, message, 'say the same in blocks of all types');
  }
  for (const unit of units) {
    const other = used.find(
      ({ segment, device_id }) => segment === unit.segment && device_id === unit.device_id,
    );
    if (other === undefined) continue;
    const { base_address: base, capability_offset: capability, offset } = other;
    const help = 'say the same of a unit in blocks of all types';
    if (unit.base_address !== base && unit.base_address !== 0n) {
      const message = `the block at ${hex(offset)} has the unit's registers at ${hex(base)}, not at ${hex(unit.base_address)}`;
      report('ivrs-base', unit.offset + 8, message, help);
    }
    if (unit.capability_offset !== capability) {
      const message = `the block at ${hex(offset)} has the unit's capability at ${hex(capability)}, not at ${hex(unit.capability_offset)}`;
      report('ivrs-capability', unit.offset + 6, message, help);
    }
  }
}

/** Base addresses are in a register whose lower bits mean something else. */
const alignment = 0x4000n;

function bases(used: readonly Ivhd[], report: Report): void {
  const known = new Set<bigint>();
  for (const { base_address: base, offset } of used) {
    if (base === 0n || base % alignment !== 0n || known.has(base)) {
      const message = `no unit of its own can have registers at ${hex(base)}`;
      report('ivrs-base', offset + 8, message, 'give each unit the address of its registers');
    }
    known.add(base);
  }
}

/** What Linux passes over. */
function entries({ block_type, entries: all }: Ivhd, report: Report): void {
  const help = 'write an entry that the block may have, with what belongs to it';
  for (const entry of all) {
    const message = oddity(entry, block_type);
    if (message !== null)
      report('ivrs-entry-type', entry.offset, `${message}: Linux skips it`, help);
  }
}

function oddity(entry: IvhdEntry, block_type: number): string | null {
  if (entry.type === 'other') return `an entry of type ${hex(entry.entry_type)}`;
  if (entry.type !== 'acpi') return null;
  if (block_type !== 0x40) return `a device of ACPI in a block of type ${hex(block_type)}`;
  if (entry.hid.startsWith('\0')) return 'a device of ACPI without a hardware ID';
  return entry.uid_type > 2 ? `a unique ID of type ${entry.uid_type}` : null;
}

const varieties: Readonly<Record<number, string>> = { 1: 'I/O APIC', 2: 'HPET' };

function specials(used: readonly Ivhd[], report: Report): void {
  const known = new Map<string, IvhdSpecial>();
  for (const entry of used.flatMap((unit) => unit.entries)) {
    if (entry.type !== 'special') continue;
    const { variety, handle, source_id, offset } = entry;
    const called = varieties[variety];
    if (called === undefined) {
      const message = `a special device of variety ${variety}: Linux then uses no unit of the table`;
      report('ivrs-special', offset + 7, message, '1 is an I/O APIC, 2 an HPET', 'error');
      continue;
    }
    const key = `${called} ${handle}`;
    const other = known.get(key);
    if (other === undefined) known.set(key, entry);
    else {
      const first = `it is there as ${hex(other.source_id)} already, which Linux takes`;
      const message = `${key} as ${hex(source_id)}: ${first}`;
      report('ivrs-special', offset, message, 'name each once');
    }
  }
}

interface Range {
  readonly unit: Ivhd;
  readonly offset: number;
  readonly first: number;
  readonly last: number;
}

/** The IDs that a unit names one by one or in ranges; all that there are, it may name for what is left. */
function rangesOf(unit: Ivhd): Range[] {
  let begun: IvhdEntry | null = null;
  return unit.entries.flatMap((entry) => {
    const { type, offset, device_id: last } = entry;
    if (type.endsWith('start')) begun = entry;
    if (/^(|alias-|extended-)select$/.test(type)) return [{ unit, offset, first: last, last }];
    if (type !== 'end' || begun === null) return [];
    const range = { unit, offset: begun.offset, first: begun.device_id, last };
    begun = null;
    return range.first <= last ? [range] : [];
  });
}

const maxUnits = 32;

/** Of what two units have, Linux goes by the one that comes later. */
function devices(used: readonly Ivhd[], report: Report): void {
  // It has no use for so many.
  if (used.length > maxUnits) return;
  const ranges = used.flatMap(rangesOf).sort((a, b) => a.first - b.first);
  const said = new Set<string>();
  /** Of each unit the range that goes furthest. */
  const open = new Map<Ivhd, Range>();
  for (const range of ranges) {
    for (const other of open.values()) {
      if (other.last < range.first || other.unit === range.unit) continue;
      if (other.unit.segment !== range.unit.segment) continue;
      const [before, after] = other.offset < range.offset ? [other, range] : [range, other];
      const key = `${before.unit.offset} ${after.unit.offset}`;
      if (said.has(key)) continue;
      said.add(key);
      const last = Math.min(other.last, range.last);
      const ids = last === range.first ? hex(last) : `${hex(range.first)} to ${hex(last)}`;
      const message = `the unit at ${hex(before.unit.offset)} has ${ids} too: Linux puts them behind the later one`;
      report('ivrs-device-twice', after.offset, message, 'put each device behind one unit');
    }
    if ((open.get(range.unit)?.last ?? -1) < range.last) open.set(range.unit, range);
  }
}

function functions(used: readonly Ivhd[], all: readonly MachineDevice[], report: Report): void {
  const shown = new Map(all.flatMap((of) => (of.pci === null ? [] : [[of.name, of.pci]])));
  for (const { segment, device_id, capability_offset, offset } of used) {
    const name = pciName({ segment, bus: device_id >> 8, devfn: device_id & 0xff });
    const pci = shown.get(name);
    const help = 'give the function that the unit is, and the offset of its capability';
    if (pci === undefined && shown.size > 0) {
      const message = `there is no function ${name} to be the unit: Linux then uses no unit of the table`;
      report('ivrs-units', offset + 4, message, help);
    }
    const config = pci?.config ?? null;
    const own = config?.secure_device?.offset ?? null;
    if (capability_offset < 0x40 || capability_offset > 0xff || capability_offset % 4 !== 0) {
      report('ivrs-capability', offset + 6, `no capability is at ${hex(capability_offset)}`, help);
    } else if (own !== null && own !== capability_offset) {
      const message = `the capability of ${name} is at ${hex(own)}, not at ${hex(capability_offset)}`;
      report('ivrs-capability', offset + 6, message, help);
    }
  }
}

const unityMap = 1;
const exclusionRange = 8;

function memory(block: Ivmd, used: readonly Ivhd[], report: Report): void {
  const { offset, block_type, flags, device_id, auxiliary } = block;
  if (!(flags & (unityMap | exclusionRange))) {
    const message =
      'memory that is neither to be mapped nor to be excluded: Linux does nothing about it';
    report('ivrs-ivmd-ignored', offset + 1, message, 'set bit 0 of the flags to map it');
  }
  const [first, last] = block_type === 0x22 ? [device_id, auxiliary] : [device_id, device_id];
  if (block_type === 0x22 && last < first) {
    report('ivrs-range', offset + 4, 'the range ends before it begins', 'give the lowest ID first');
    return;
  }
  const isAll = used.some((unit) => unit.entries.some(({ type }) => type === 'all'));
  if (block_type === 0x20 || isAll || used.length === 0) return;
  const isNamed = used.flatMap(rangesOf).some((of) => of.first <= last && first <= of.last);
  if (isNamed) return;
  const ids = first === last ? hex(first) : `${hex(first)} to ${hex(last)}`;
  const message = `${ids} is behind no unit: Linux maps the memory for nobody`;
  report('ivrs-ivmd-ignored', offset + 4, message, 'give the ID of a device that a unit has');
}
