import { type Acpi, madtEntries } from '../../firmware/index.ts';
import type { Architecture } from '../machine.ts';

/** By the interrupt controllers of processors: local APICs on x86, the CPU interface of a GIC on Arm. */
const processors: ReadonlyMap<number, Architecture> = new Map([
  [0, 'x86'],
  [9, 'x86'],
  [11, 'arm64'],
]);

/** What the machine's processors are. Where no MADT tells, tables of x86 do; else they are Arm's. */
export function architectureOf({
  tables,
  dmar,
  ivrs,
}: Pick<Acpi, 'tables' | 'dmar' | 'ivrs'>): Architecture {
  const madt = tables.find(({ header }) => header.signature === 'APIC');
  if (madt !== undefined) {
    for (const { type } of madtEntries(madt)) {
      const architecture = processors.get(type);
      if (architecture !== undefined) return architecture;
    }
  }
  return dmar === null && ivrs === null ? 'arm64' : 'x86';
}
