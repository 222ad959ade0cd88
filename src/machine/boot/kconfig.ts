// How the kernel of a machine is configured, where nobody says otherwise.

import {
  base,
  bytesOf,
  type Design,
  defaultKconfig,
  foreignOptions,
  type Kconfig,
  leftOutOptions,
  osiNames,
  osiOptions,
  type Release,
  withCommandLine,
  x86Kconfig,
} from '../../linux/index.ts';
import { assume } from '../assumptions.ts';
import { isApple } from '../firmware/acpi/acpi.ts';
import { isNarrow } from '../firmware/architecture.ts';
import type { Machine } from '../machine.ts';

/** What somebody says about the kernel. */
export interface KernelOptions {
  readonly kconfig: Partial<Kconfig>;
  /** Null for the one that firmware hands over. */
  readonly cmdline: string | null;
}

/** What distributions build for such machines, with these options in their place. */
export function kconfigFor(
  machine: Pick<Machine, 'architecture' | 'bootargs'>,
  { kconfig, cmdline }: KernelOptions,
  { release }: Pick<Design, 'release'> = base,
): Kconfig {
  const usual =
    machine.architecture === 'x86' ? { ...defaultKconfig, ...x86Kconfig } : defaultKconfig;
  return withCommandLine(commandLine(machine, cmdline), { ...usual, ...kconfig }, release);
}

/** Bytes, one character each. */
function commandLine({ bootargs = '' }: Pick<Machine, 'bootargs'>, cmdline: string | null): string {
  return cmdline === null ? bootargs : bytesOf(cmdline);
}

/** What is assumed of the kernel, because neither somebody nor its command line says it. */
export function assumedKernel(
  { bootargs, fdt }: Pick<Machine, 'bootargs' | 'fdt'>,
  { kconfig, cmdline }: KernelOptions,
  { CONFIG_ARM64, iommu_passthrough, iommu_strict }: Kconfig,
): string[] {
  const through = iommu_passthrough ?? kconfig.CONFIG_IOMMU_DEFAULT_PASSTHROUGH;
  const strict = through === true ? true : (iommu_strict ?? kconfig.CONFIG_IOMMU_DEFAULT_DMA_LAZY);
  return [
    ...(CONFIG_ARM64 && fdt !== null && isNarrow(fdt) ? [assume('arm64-kernel')] : []),
    ...(through === undefined || strict === undefined ? [assume('kernel-config')] : []),
    ...(cmdline === null ? [assume(bootargs ? 'bootargs' : 'command-line')] : []),
  ];
}

/** The machine as code in its tables makes it, which asks the kernel what it is. */
function answeredBy(machine: Machine, cmdline: string | null, release: Release): Machine {
  const { answering, tables } = machine;
  if (answering === undefined || tables === undefined) return machine;
  const told = osiOptions(commandLine(machine, cmdline));
  return answering(machine, osiNames(release, told, isApple(tables)));
}

/** The machine as its kernel takes it, by what the command line says that no option holds. */
export function asTold(
  given: Machine,
  cmdline: string | null,
  config: Kconfig,
  { release }: Pick<Design, 'release'> = base,
): Machine {
  const machine = answeredBy(given, cmdline, release);
  const foreign = foreignOptions(commandLine(machine, cmdline));
  const leftOut = leftOutOptions(commandLine(machine, cmdline), config).map(
    (word) => `${word} changes which PCI functions Linux finds, and by what: that is not modelled`,
  );
  const notes = leftOut.length === 0 ? machine.notes : [...leftOut, ...machine.notes];
  const told =
    foreign.length + leftOut.length === 0
      ? machine
      : { ...machine, notes, ...(foreign.length === 0 ? {} : { foreignOptions: foreign }) };
  if (config.acpi_disabled) return withoutAcpi(told);
  if (config.acpi_preferred === null || machine.firmware !== 'devicetree') return told;
  return { ...told, notes: [withoutTree(config.acpi_preferred), ...told.notes] };
}

/** Nothing shows whether there are tables. */
function withoutTree(word: 'on' | 'force'): string {
  return `acpi=${word}: Linux takes tables of ACPI, where firmware has any, and not the devicetree; none are shown, and the tree is taken here`;
}

/** Nobody reads a table. x86 finds PCI functions all the same, those of one segment. */
function withoutAcpi({ acpi: _acpi, units: _units, ...machine }: Machine): Machine {
  if (machine.firmware === 'devicetree') return machine;
  const functions = machine.architecture === 'x86' ? machine.devices : [];
  return {
    ...machine,
    devices: functions.flatMap(({ acpi: _of, ...device }) =>
      device.pci?.segment === 0 ? [device] : [],
    ),
    hostBridges: [],
    notes: [withoutTables, ...(machine.firmware === 'none' ? [] : machine.notes)],
  };
}

const withoutTables = 'acpi=off: Linux reads no table, and finds no IOMMU by one';
