// Rules about DMAR: units, reserved memory, and what leads from one structure to another.

import type { Dmar, DmarDrhd, DmarStructure, MadtEntry, Sdt } from '../../../firmware/index.ts';
import {
  DMAR_UNITS_SUPPORTED,
  drhdsOf as distinctDrhds,
  intelUnitOf,
} from '../../../linux/index.ts';
import { few, hex } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import { scopeFindings } from './dmar-scopes.ts';
import { controllersOf, inTable, type JudgedTables } from './tables.ts';

type Report = (rule: string, offset: number, message: string, help: string) => void;

export function dmarFindings({ acpi, machine, boot }: JudgedTables): Finding[] {
  const { dmar } = acpi;
  if (dmar === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, offset: number, message: string, help: string): void => {
    findings.push(inTable('DMAR', rule, offset, message, help));
  };
  width(dmar, report);
  if (dmar.flags & 6) {
    const what = dmar.flags & 2 ? 'opts out of x2APIC' : 'asks for DMA protection';
    report('dmar-opt-out', 37, `firmware ${what}`, 'the defaults of Linux change with it');
  }
  units(dmar, report);
  leftOut({ acpi, machine, boot }, report);
  memory(dmar, report);
  references(dmar.structures, report);
  findings.push(...scopeFindings(dmar.structures, machine.devices));
  // Of what cannot be read nobody knows what it leaves out.
  const isCut = dmar.structures.length === 0 && dmar.notes.length > 0;
  if (dmar.flags & 1 && !isCut)
    findings.push(...ioapics(dmar.structures, controllersOf(acpi, ioapicOfMadt)));
  return findings;
}

/** The type of its entries. */
const ioapicOfMadt = 1;

/** Interrupts can be remapped when each I/O APIC is in the scope of a unit, and there is one at least. */
function ioapics(
  structures: readonly DmarStructure[],
  controllers: readonly MadtEntry[] | null,
): Finding[] {
  const scopes = drhdsOf(structures).flatMap((drhd) => drhd.scopes);
  const known = new Set(
    scopes.filter(({ type }) => type === 'ioapic').map((scope) => scope.enumeration_id),
  );
  const help = 'put it into the scope of its unit';
  if (controllers === null) {
    if (known.size > 0) return [];
    const message = 'interrupts can be remapped, and no I/O APIC is in the scope of a unit';
    return [inTable('DMAR', 'dmar-ioapic', 37, message, help)];
  }
  return controllers.flatMap(({ id, offset }) => {
    if (id === null || known.has(id)) return [];
    const message = `I/O APIC ${id} is in the scope of no unit: Linux remaps no interrupts`;
    return [inTable('APIC', 'dmar-ioapic', offset, message, help)];
  });
}

function drhdsOf(structures: readonly DmarStructure[]): DmarDrhd[] {
  return structures.filter((of): of is DmarDrhd => of.type === 'drhd');
}

function width({ host_address_width: bits, structures }: Dmar, report: Report): void {
  const help = 'write the width of addresses minus one';
  const drhds = drhdsOf(structures);
  if (bits < 12) {
    report('dmar-haw', 36, `addresses of ${bits} bits: Linux refuses the table`, help);
  } else if (bits > 64) {
    report('dmar-haw', 36, `no address has ${bits} bits`, help);
  } else if (drhds.length > 0 && drhds.every(({ base_address: base }) => base >> BigInt(bits))) {
    report('dmar-haw', 36, `no unit is within reach of addresses of ${bits} bits`, help);
  }
}

const allOnes = 0xffff_ffff_ffff_ffffn;

function units(dmar: Dmar & Sdt, report: Report): void {
  const { structures } = dmar;
  const bases = new Set<bigint>();
  const last = new Map<number, DmarDrhd>();
  const said = new Set<number>();
  const drhds = drhdsOf(structures);
  const isBeyond = beyond(dmar);
  const allAre = drhds.every(({ base_address }) => isBeyond(base_address));
  for (const drhd of drhds) {
    const { offset, base_address: base, segment } = drhd;
    if (base === 0n || base === allOnes || base % 4096n !== 0n || bases.has(base)) {
      const message = `no unit of its own can have registers at ${hex(base)}`;
      report('dmar-drhd-base', offset + 8, message, 'give each unit the address of its registers');
    } else if (isBeyond(base) && !allAre) {
      const message = `${hex(base)} is no address of ${dmar.host_address_width} bits`;
      report('dmar-drhd-base', offset + 8, message, 'give each unit the address of its registers');
    }
    bases.add(base);
    const before = last.get(segment);
    if (before !== undefined && before.flags & 1 && !said.has(segment)) {
      said.add(segment);
      const message = `the unit at ${hex(before.offset)} has all other devices of segment ${segment}`;
      report('dmar-include-all-order', offset, message, 'put that unit last');
    }
    if (before === undefined || !(before.flags & 1)) last.set(segment, drhd);
  }
  const extra = distinctDrhds({ structures })[DMAR_UNITS_SUPPORTED];
  if (extra !== undefined) {
    const message = `Linux has numbers for ${DMAR_UNITS_SUPPORTED} units, and uses none where there are more`;
    report('dmar-units', extra.offset, message, 'describe fewer units');
  } else if (drhds.length === 0 && dmar.notes.length === 0) {
    report(
      'dmar-units',
      48,
      'the table lists no unit',
      'describe the units, or leave the table out',
    );
  }
}

function beyond({ host_address_width: bits }: Dmar): (address: bigint) => boolean {
  return (address) => bits >= 12 && bits <= 64 && address >> BigInt(bits) !== 0n;
}

/** Units of which none has what no scope names. */
function leftOut({ acpi, machine, boot }: JudgedTables, report: Report): void {
  const drhds = drhdsOf(acpi.dmar?.structures ?? []);
  for (const segment of new Set(drhds.map((of) => of.segment))) {
    const own = drhds.filter((of) => of.segment === segment);
    const [first] = own;
    if (first === undefined || own.some(({ flags }) => flags & 1)) continue;
    const shown = machine.devices.filter(({ pci }) => pci?.segment === segment);
    // Where Linux uses no unit at all, that is said.
    if (shown.length > 0 && typeof boot.k.dmar === 'string') continue;
    const alone = shown.filter((of) => {
      const dev = boot.devices.get(of);
      return dev !== undefined && intelUnitOf(boot.k, dev) === null;
    });
    if (shown.length > 0 && alone.length === 0) continue;
    const which =
      shown.length === 0 ? 'devices that no scope names' : few(alone.map(({ name }) => name));
    const message = `no unit of segment ${segment} has what is left: ${which} ${alone.length === 1 ? 'is' : 'are'} untranslated`;
    const help = 'let the last unit of the segment have all other devices: set bit 0 of its flags';
    report('dmar-include-all-order', first.offset + 4, message, help);
  }
  const idle = drhds.filter(({ flags, scopes }) => !(flags & 1) && scopes.length === 0);
  const [one] = idle;
  if (one === undefined) return;
  const message = `for no device is ${idle.length === 1 ? 'the unit' : 'each of the units'} at ${few(idle.map(({ offset }) => hex(offset)))}: Linux leaves it alone`;
  report('dmar-scope-missing', one.offset, message, 'name its devices, or let it have all others');
}

function memory(dmar: Dmar, report: Report): void {
  const isBeyond = beyond(dmar);
  for (const of of dmar.structures) {
    if (of.type !== 'rmrr') continue;
    const { offset, base_address: base, end_address: end } = of;
    const help = 'give the first and the last byte of pages';
    const range = `memory from ${hex(base)} to ${hex(end)}`;
    if (end <= base || base % 4096n !== 0n || (end + 1n) % 4096n !== 0n)
      report('dmar-rmrr-range', offset + 8, `${range} is no whole number of pages`, help);
    else if (isBeyond(end))
      report(
        'dmar-rmrr-range',
        offset + 8,
        `${range} is beyond addresses of ${dmar.host_address_width} bits`,
        help,
      );
  }
}

/** Numbers and addresses that lead from one structure to another. */
function references(structures: readonly DmarStructure[], report: Report): void {
  const bases = new Set(drhdsOf(structures).map(({ base_address }) => base_address));
  const scopes = structures.flatMap((of) => ('scopes' in of ? of.scopes : []));
  const named = scopes.filter(({ type }) => type === 'namespace');
  const numbers = structures.flatMap((of) => (of.type === 'andd' ? [of.device_number] : []));
  // Whose number is wrong, the structure's or the scope's, is not known: one finding says it.
  const strays = named.some(({ enumeration_id }) => !numbers.includes(enumeration_id));
  const declared = new Set<number>();
  for (const of of structures) {
    if (of.type === 'rhsa' && !bases.has(of.base_address)) {
      const message = `no unit has registers at ${hex(of.base_address)}`;
      report('dmar-rhsa-base', of.offset + 8, message, 'give the base address of a unit');
    }
    if (of.type !== 'andd') continue;
    const { device_number: number, offset } = of;
    if (declared.has(number)) {
      const message = `device ${number} of the namespace is declared twice`;
      report('dmar-andd-number', offset + 7, message, 'give each its own number');
    } else if (!strays && !named.some(({ enumeration_id }) => enumeration_id === number)) {
      const message = `device ${number} of the namespace is in no scope: Linux finds no unit for it`;
      report('dmar-andd-number', offset + 7, message, 'put it into the scope of its unit');
    }
    declared.add(number);
  }
  for (const { enumeration_id, offset } of named) {
    if (declared.has(enumeration_id)) continue;
    const message = `no ANDD structure declares device ${enumeration_id}`;
    report('dmar-andd-number', offset, message, 'declare the device of the namespace');
  }
}
