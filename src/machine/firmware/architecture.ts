import { type Acpi, compatibleOf, type Fdt, madtEntries } from '../../firmware/index.ts';
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

/** Processors of Arm's that know no 64-bit instructions, by the names of their bindings. */
const narrow =
  /^(?:arm,(?:arm\d|arm\w*1[01]\d|cortex-a(?:5|7|8|9|12|15|17|32)$)|brcm,brahma-b15$|faraday,|intel,sa|marvell,(?:feroceon|mohawk|pj4|sheeva|xsc3)|qcom,(?:krait|scorpion))/;

/** Whether no kernel for arm64 can run on the processors that a tree names. */
export function isNarrow({ root }: Pick<Fdt, 'root'>): boolean {
  const cpus = root.children.find(({ name }) => name === 'cpus')?.children ?? [];
  const names = cpus.map(compatibleOf).filter((of) => of.length > 0);
  return names.length > 0 && names.every((of) => of.some((name) => narrow.test(name)));
}
