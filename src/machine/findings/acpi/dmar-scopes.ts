// Rules about the scopes of DMAR: which devices structures are about.

import type { DmarScope, DmarStructure } from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import { functionInScope, leavesReservedMemory } from '../../firmware/acpi/scopes.ts';
import type { Finding } from '../../inspection.ts';
import type { MachineDevice } from '../../machine.ts';
import { inTable } from './tables.ts';

type Scoped = Extract<DmarStructure, { readonly scopes: readonly DmarScope[] }>;
type Report = (
  rule: string,
  offset: number,
  message: string,
  help: string,
  severity?: Finding['severity'],
) => void;

/** The functions are followed where they are known; what the table alone says is judged anyway. */
export function scopeFindings(
  structures: readonly DmarStructure[],
  devices: readonly MachineDevice[],
): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (rule, offset, message, help, severity) => {
    const finding = inTable('DMAR', rule, offset, message, help);
    findings.push(severity === undefined ? finding : { ...finding, severity });
  };
  new Scopes(structures, devices, report).judge();
  return findings;
}

/** Whether Linux follows the scopes of a structure: one for everything needs none. */
function isHeeded(of: DmarStructure): boolean {
  const all = (of.type === 'drhd' || of.type === 'atsr') && (of.flags & 1) !== 0;
  return of.type !== 'sidp' && !all;
}

class Scopes {
  readonly #structures: readonly Scoped[];
  readonly #functions: ReadonlyMap<string, MachineDevice>;
  /** Segments whose functions are known. */
  readonly #shown = new Set<number>();
  readonly #report: Report;
  /** By what a scope names, the unit that has it. */
  readonly #owners = new Map<string, number>();

  constructor(
    structures: readonly DmarStructure[],
    devices: readonly MachineDevice[],
    report: Report,
  ) {
    const functions = devices.filter(({ pci }) => pci !== null);
    this.#structures = structures.filter((of): of is Scoped => 'scopes' in of);
    this.#functions = new Map(functions.map((of) => [of.name, of]));
    for (const { pci } of functions) if (pci !== null) this.#shown.add(pci.segment);
    this.#report = report;
  }

  judge(): void {
    const served = new Set(
      this.#structures.flatMap((of) => (of.type === 'drhd' ? [of.segment] : [])),
    );
    for (const of of this.#structures) {
      if (!served.has(of.segment)) {
        const message = `no unit is in segment ${of.segment}: nothing comes of this structure`;
        this.#report('dmar-scope-missing', of.offset + 6, message, 'give the segment of a unit');
      }
      for (const scope of of.scopes) this.#scope(of, scope);
    }
  }

  #scope(of: Scoped, scope: DmarScope): void {
    const { type } = scope;
    if (scope.path.length === 0) {
      const message = 'a scope without a path: Linux finds no device by it';
      const help = 'a scope has 6 bytes and 2 for each step of its path, one at least';
      this.#report('dmar-scope-length', scope.offset + 1, message, help);
    } else if (type === 'pci-endpoint' || type === 'pci-bridge') {
      this.#function(of, scope);
    } else if (type === 'other') {
      const message = `a scope of type ${scope.scope_type}: Linux skips it`;
      const help = '1 is an endpoint, 2 a bridge, 3 an I/O APIC, 4 an HPET, 5 a device of ACPI';
      this.#report('dmar-scope-type', scope.offset, message, help, 'warning');
    } else if (of.type === 'drhd') {
      const called = { ioapic: 'I/O APIC', hpet: 'HPET', namespace: 'device of ACPI' }[type];
      this.#owned(of.offset, scope, `${called} ${scope.enumeration_id}`);
    } else if (type !== 'namespace') {
      const message = 'a scope that is no device with memory accesses of its own: Linux skips it';
      this.#report('dmar-scope-type', scope.offset, message, 'name PCI functions', 'warning');
    }
  }

  #function(of: Scoped, scope: DmarScope): void {
    const { segment } = of;
    const found = functionInScope(this.#functions, segment, scope);
    const isShown = this.#shown.has(segment);
    if (found === null) {
      const cannotBe = scope.path.some((step) => step.device > 31 || step.function > 7);
      if (isShown || cannotBe) this.#missing(segment, scope);
      this.#portsOnly(of, scope);
      if (isShown || cannotBe) return;
    } else if (isHeeded(of)) this.#typed(scope, found);
    if (of.type === 'drhd') this.#owned(of.offset, scope, found?.name ?? pathOf(segment, scope));
    else if (of.type === 'rmrr' && found !== null) this.#locked(scope, found);
  }

  #missing(segment: number, scope: DmarScope): void {
    const message = `no function is on ${pathOf(segment, scope)}`;
    const help = 'give the path through the bridges';
    this.#report('dmar-scope-missing', scope.offset, message, help);
  }

  #typed({ type, offset }: DmarScope, { name, pci }: MachineDevice): void {
    const isBridge = pci?.config?.header_type === 1;
    const isBridgeClass = (pci?.config?.class_code ?? 0) >> 16 === 6;
    if (type === 'pci-bridge' ? isBridge || isBridgeClass : !isBridge) return;
    const message = `${name} is ${isBridge ? 'a' : 'no'} bridge: Linux then uses no unit of the table`;
    this.#report('dmar-scope-type', offset, message, 'give the type of the function');
  }

  /** What kind of function some structures are about is known without it. */
  #portsOnly(of: Scoped, { type, offset }: DmarScope): void {
    if (this.#shown.has(of.segment) || !isHeeded(of)) return;
    const wrong = of.type === 'atsr' ? 'pci-endpoint' : of.type === 'satc' ? 'pci-bridge' : null;
    if (type !== wrong) return;
    const about = of.type === 'atsr' ? 'root ports, which are bridges' : 'endpoints in the chipset';
    const message = `this structure is about ${about}: where the type is not that of the function, Linux uses no unit of the table`;
    this.#report('dmar-scope-type', offset, message, 'give the type of the function');
  }

  #owned(unit: number, { offset }: DmarScope, what: string): void {
    const owner = this.#owners.get(what);
    this.#owners.set(what, owner ?? unit);
    if (owner === undefined || owner === unit) return;
    const message = `the unit at ${hex(owner)} has ${what} too`;
    this.#report('dmar-scope-twice', offset, message, 'put each device behind one unit');
  }

  /** Linux lets only USB controllers and displays leave their reserved memory. */
  #locked({ offset }: DmarScope, { name, pci }: MachineDevice): void {
    if (leavesReservedMemory(pci?.config?.class_code ?? 0)) return;
    const message = `${name} has reserved memory: Linux gives it to no guest`;
    this.#report('dmar-rmrr-lock', offset, message, 'reserve memory where a device needs it only');
  }
}

function pathOf(segment: number, { start_bus, path }: DmarScope): string {
  const steps = path.map((step) => `${hex(step.device)}.${step.function}`).join(' ');
  return `segment ${segment} from bus ${hex(start_bus)} along ${steps}`;
}
