// Rules about DMAR: units, their scopes, and reserved memory.

import type { DmarDrhd, DmarScope, DmarStructure, MadtEntry } from '../../../firmware/index.ts';
import { DMAR_UNITS_SUPPORTED, drhdsOf as distinctDrhds } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import { functionInScope, leavesReservedMemory } from '../../firmware/acpi/scopes.ts';
import type { Finding } from '../../inspection.ts';
import type { MachineDevice } from '../../machine.ts';
import { controllersOf, inTable, type JudgedTables } from './tables.ts';

type Report = (rule: string, offset: number, message: string, help: string) => void;

export function dmarFindings({ acpi, machine }: JudgedTables): Finding[] {
  const { dmar } = acpi;
  if (dmar === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, offset: number, message: string, help: string): void => {
    findings.push(inTable('DMAR', rule, offset, message, help));
  };
  if (dmar.host_address_width < 12) {
    const message = `addresses of ${dmar.host_address_width} bits: Linux refuses the table`;
    report('dmar-haw', 36, message, 'write the width of addresses minus one');
  }
  if (dmar.flags & 6) {
    const what = dmar.flags & 2 ? 'opts out of x2APIC' : 'asks for DMA protection';
    report('dmar-opt-out', 37, `firmware ${what}`, 'the defaults of Linux change with it');
  }
  units(dmar.structures, report);
  memory(dmar.structures, report);
  numbers(dmar.structures, report);
  new Scopes(machine.devices, report).judge(dmar.structures);
  if (dmar.flags & 1) findings.push(...ioapics(dmar.structures, controllersOf(acpi, ioapicOfMadt)));
  return findings;
}

/** The type of its entries. */
const ioapicOfMadt = 1;

/** Interrupts can be remapped when each I/O APIC is in the scope of a unit. */
function ioapics(
  structures: readonly DmarStructure[],
  controllers: readonly MadtEntry[] | null,
): Finding[] {
  const scopes = drhdsOf(structures).flatMap((drhd) => drhd.scopes);
  const known = new Set(
    scopes.filter(({ type }) => type === 'ioapic').map((scope) => scope.enumeration_id),
  );
  return (controllers ?? []).flatMap(({ id, offset }) => {
    if (id === null || known.has(id)) return [];
    const message = `I/O APIC ${id} is in the scope of no unit: Linux remaps no interrupts`;
    return [inTable('APIC', 'dmar-ioapic', offset, message, 'put it into the scope of its unit')];
  });
}

function drhdsOf(structures: readonly DmarStructure[]): DmarDrhd[] {
  return structures.filter((of): of is DmarDrhd => of.type === 'drhd');
}

const allOnes = 0xffff_ffff_ffff_ffffn;

function units(structures: readonly DmarStructure[], report: Report): void {
  const bases = new Set<bigint>();
  const last = new Map<number, DmarDrhd>();
  for (const drhd of drhdsOf(structures)) {
    const { offset, base_address: base, segment } = drhd;
    if (base === 0n || base === allOnes || base % 4096n !== 0n || bases.has(base)) {
      const message = `no unit of its own can have registers at ${hex(base)}`;
      report('dmar-drhd-base', offset + 8, message, 'give each unit the address of its registers');
    }
    bases.add(base);
    const before = last.get(segment);
    if (before !== undefined && before.flags & 1) {
      const message = `the unit at ${hex(before.offset)} has all other devices of segment ${segment}`;
      report('dmar-include-all-order', offset, message, 'put that unit last');
    }
    if (before === undefined || !(before.flags & 1)) last.set(segment, drhd);
  }
  const extra = distinctDrhds({ structures })[DMAR_UNITS_SUPPORTED];
  if (extra !== undefined) {
    const message = `Linux has numbers for ${DMAR_UNITS_SUPPORTED} units, and uses none where there are more`;
    report('dmar-units', extra.offset, message, 'describe fewer units');
  }
}

function memory(structures: readonly DmarStructure[], report: Report): void {
  for (const of of structures) {
    if (of.type !== 'rmrr') continue;
    const { offset, base_address: base, end_address: end } = of;
    if (end > base && base % 4096n === 0n && (end + 1n) % 4096n === 0n) continue;
    const message = `memory from ${hex(base)} to ${hex(end)} is no whole number of pages`;
    report('dmar-rmrr-range', offset + 8, message, 'give the first and the last byte of pages');
  }
}

/** Numbers and addresses that lead from one structure to another. */
function numbers(structures: readonly DmarStructure[], report: Report): void {
  const bases = new Set(drhdsOf(structures).map(({ base_address }) => base_address));
  const declared = new Set(
    structures.flatMap((of) => (of.type === 'andd' ? [of.device_number] : [])),
  );
  for (const of of structures) {
    if (of.type === 'rhsa' && !bases.has(of.base_address)) {
      const message = `no unit has registers at ${hex(of.base_address)}`;
      report('dmar-rhsa-base', of.offset + 8, message, 'give the base address of a unit');
    }
    for (const scope of 'scopes' in of ? of.scopes : []) {
      if (scope.type !== 'namespace' || declared.has(scope.enumeration_id)) continue;
      const message = `no ANDD structure declares device ${scope.enumeration_id}`;
      report('dmar-andd-number', scope.offset, message, 'declare the device of the namespace');
    }
  }
}

/** Whether Linux follows the scopes of a structure: one for everything needs none. */
function isHeeded(of: DmarStructure): boolean {
  const all = (of.type === 'drhd' || of.type === 'atsr') && (of.flags & 1) !== 0;
  return of.type !== 'sidp' && !all;
}

/** Follows the paths of scopes through the functions that the machine has. */
class Scopes {
  readonly #functions: ReadonlyMap<string, MachineDevice>;
  /** Segments whose functions are known. */
  readonly #shown = new Set<number>();
  readonly #report: Report;

  constructor(devices: readonly MachineDevice[], report: Report) {
    const functions = devices.filter(({ pci }) => pci !== null);
    this.#functions = new Map(functions.map((of) => [of.name, of]));
    for (const { pci } of functions) if (pci !== null) this.#shown.add(pci.segment);
    this.#report = report;
  }

  judge(structures: readonly DmarStructure[]): void {
    const owners = new Map<MachineDevice, number>();
    for (const of of structures) {
      if (!('scopes' in of)) continue;
      const { segment } = of;
      for (const scope of of.scopes) {
        if (scope.type !== 'pci-endpoint' && scope.type !== 'pci-bridge') continue;
        if (!this.#shown.has(segment)) continue;
        const found = functionInScope(this.#functions, segment, scope);
        if (found === null) this.#missing(segment, scope);
        else if (isHeeded(of)) this.#typed(scope, found);
        if (found === null) continue;
        if (of.type === 'drhd') {
          const owner = owners.get(found);
          if (owner !== undefined && owner !== of.offset) this.#twice(scope, found, owner);
          owners.set(found, owner ?? of.offset);
        } else if (of.type === 'rmrr') this.#locked(scope, found);
      }
    }
  }

  #missing(segment: number, { offset, start_bus, path }: DmarScope): void {
    const steps = path.map((step) => `${hex(step.device)}.${step.function}`).join(' ');
    const message = `no function is on segment ${segment} from bus ${hex(start_bus)} along ${steps || 'no path'}`;
    const help = 'give the path through the bridges';
    this.#report('dmar-scope-missing', offset, message, help);
  }

  #typed({ type, offset }: DmarScope, { name, pci }: MachineDevice): void {
    const isBridge = pci?.config?.header_type === 1;
    const isBridgeClass = (pci?.config?.class_code ?? 0) >> 16 === 6;
    if (type === 'pci-bridge' ? isBridge || isBridgeClass : !isBridge) return;
    const message = `${name} is ${isBridge ? 'a' : 'no'} bridge: Linux then uses no unit of the table`;
    this.#report('dmar-scope-type', offset, message, 'give the type of the function');
  }

  #twice({ offset }: DmarScope, { name }: MachineDevice, owner: number): void {
    const message = `the unit at ${hex(owner)} has ${name} too`;
    this.#report('dmar-scope-twice', offset, message, 'put each device behind one unit');
  }

  /** Linux lets only USB controllers and displays leave their reserved memory. */
  #locked({ offset }: DmarScope, { name, pci }: MachineDevice): void {
    if (leavesReservedMemory(pci?.config?.class_code ?? 0)) return;
    const message = `${name} has reserved memory: Linux gives it to no guest`;
    this.#report('dmar-rmrr-lock', offset, message, 'reserve memory where a device needs it only');
  }
}
