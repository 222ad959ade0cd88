import { basename, join } from 'node:path';
import {
  type Acpi,
  isAcpi,
  isLspci,
  parseFdt,
  parseLspci,
  readAcpi,
  type SourceLines,
} from '../../firmware/index.ts';
import {
  bootargsOf,
  type Machine,
  machineFromAcpi,
  machineFromDevicetree,
  machineFromFunctions,
  type Sources,
} from '../../machine/index.ts';
import { FormatError, UsageError } from '../../util/index.ts';
import { kindOf, namesIn, nothingThere, readBytes, readStandardInput } from '../system/io.ts';
import { compile, isSource, linesOf } from './compile-devicetree.ts';
import { readAcpiFolder } from './load-acpi.ts';
import { readDevicetreeFolder } from './load-devicetree.ts';
import { blobSource, pciSources, tableSources, titled, withSources } from './load-sources.ts';

/**
 * The machine that an argument names: a devicetree blob or source, ACPI tables in any form, a
 * directory with `machine.dtb`, `devicetree/` or `acpi/` and perhaps `pci/` or `lspci.txt`; PCI functions
 * alone, as that directory or as the text of `lspci -xxxx`; or `-` for standard input.
 */
export function loadMachine(path: string): Machine {
  if (path === '-') {
    const bytes = readStandardInput();
    const file = 'standard input';
    if (!isSource(bytes)) return fromBlob(file, bytes, new Map());
    return fromBlob(file, compile(file, bytes), new Map(), linesOf(file, bytes));
  }
  switch (kindOf(path)) {
    case 'nothing':
      throw nothingThere(path);
    case 'directory':
      return fromDirectory(path);
    default:
      return fromFile(path, new Map());
  }
}

function fromDirectory(path: string): Machine {
  const names = namesIn(path);
  const pci = pciFiles(path, names);
  try {
    const machine = naming(path, () => fromFirmware(path, names, pci));
    const whole = withSources(machine, machine.sources ?? new Map(), spacesOf(pci, names));
    return names.includes(lspciName) ? titled(whole, lspciName, textIn(path)) : whole;
  } catch (error) {
    // A configuration space is called by its function where no file is known.
    if (error instanceof FormatError && pci.has(error.file ?? ''))
      error.file = join(path, names.includes('pci') ? 'pci' : lspciName, error.file ?? '');
    throw error;
  }
}

function fromFirmware(
  path: string,
  names: readonly string[],
  pci: ReadonlyMap<string, Uint8Array>,
): Machine {
  if (names.includes('acpi')) {
    const machine = fromTables(readAcpiFolder(join(path, 'acpi')), 'acpi/', pci);
    return { ...machine, bootargs: stubBootargs(path, names) };
  }
  const blob =
    names.find((name) => name === 'machine.dtb') ?? names.find((name) => name === 'machine.dts');
  if (blob === undefined && names.includes('devicetree')) {
    const folder = join(path, 'devicetree');
    return fromBlob(folder, readDevicetreeFolder(folder), pci);
  }
  const tables = names.filter((name) => isTableName(name) && kindOf(join(path, name)) === 'file');
  if (blob === undefined && tables.length > 0)
    return fromTables(readAcpiFolder(path, tables), '', pci);
  if (blob === undefined && pci.size > 0) return machineFromFunctions(pci);
  if (blob === undefined) {
    throw new UsageError(
      'cli/no-firmware',
      `${path} has no firmware in it: expected machine.dtb, acpi/ or lspci.txt, found ${found(names)}`,
    );
  }
  const file = join(path, blob);
  return fromFile(file, pci);
}

/** Where UEFI boots a kernel that reads ACPI, a tree beside the tables says no more than this. */
function stubBootargs(path: string, names: readonly string[]): string {
  if (!names.includes('machine.dtb')) return '';
  const file = join(path, 'machine.dtb');
  return naming(file, () => bootargsOf(parseFdt(readBytes(file))));
}

function fromTables(acpi: Acpi, place: string, pci: ReadonlyMap<string, Uint8Array>): Machine {
  const tables = tableSources(acpi, (file) => `${place}${file}`);
  return withSources(machineFromAcpi(acpi, pci), tables);
}

/** As in `/sys/firmware/acpi/tables`, or as acpidump and acpixtract call files. */
function isTableName(name: string): boolean {
  return /^(?:[a-z][a-z0-9_!]{3}\d*(?:\.(?:bin|dat|aml))?|acpidump.*)$/i.test(name);
}

function found(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  return names.length > 4
    ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
    : names.join(', ');
}

function pciFiles(path: string, names: readonly string[]): Map<string, Uint8Array> {
  if (!names.includes('pci')) return lspciFile(path, names);
  const files = new Map<string, Uint8Array>();
  const folder = join(path, 'pci');
  const inside = namesIn(folder);
  for (const name of inside.filter((name) => name.endsWith('.bin')))
    files.set(basename(name, '.bin'), readBytes(join(folder, name)));
  if (files.size === 0 && inside.length > 0) {
    const wanted = 'files such as 0000:00:01.0.bin';
    throw new UsageError(
      'cli/no-functions',
      `${folder} has no functions in it: expected ${wanted}, found ${found(inside)}`,
    );
  }
  return files;
}

function spacesOf(pci: ReadonlyMap<string, Uint8Array>, names: readonly string[]): Sources {
  const inFiles = names.includes('pci');
  return pciSources(pci, (name) => (inFiles ? `pci/${name}.bin` : 'lspci.txt'));
}

/** What `lspci -xxxx` printed, where nobody copied the files. */
function lspciFile(path: string, names: readonly string[]): Map<string, Uint8Array> {
  if (!names.includes(lspciName)) return new Map();
  return naming(join(path, lspciName), () => parseLspci(textIn(path)));
}

const lspciName = 'lspci.txt';

function textIn(path: string): string {
  return Buffer.from(readBytes(join(path, lspciName))).toString('utf8');
}

/** What `lspci` prints, and no firmware beside it. */
function fromLspci(file: string, bytes: Uint8Array): Machine {
  const text = Buffer.from(bytes).toString('utf8');
  const pci = parseLspci(text);
  const sources = pciSources(pci, () => file);
  return titled(withSources(machineFromFunctions(pci), sources), file, text);
}

function fromBlob(
  file: string,
  bytes: Uint8Array,
  pci: ReadonlyMap<string, Uint8Array>,
  lines: SourceLines | null = null,
): Machine {
  return naming(file, () => {
    const name = basename(file);
    if (isAcpi(bytes)) {
      const acpi = readAcpi(bytes);
      return withSources(
        machineFromAcpi(acpi, pci),
        tableSources(acpi, () => name),
      );
    }
    if (isLspci(bytes)) return fromLspci(name, bytes);
    return withSources(machineFromDevicetree(parseFdt(bytes), pci), blobSource(name, bytes, lines));
  });
}

/** A file, compiled where it is a devicetree's source. */
function fromFile(file: string, pci: ReadonlyMap<string, Uint8Array>): Machine {
  const bytes = readBytes(file);
  if (!file.endsWith('.dts') && !isSource(bytes)) return fromBlob(file, bytes, pci);
  return fromBlob(file, compile(file), pci, linesOf(file));
}

/** Read, and say which file it is that cannot be read. */
export function naming<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) error.file ??= file;
    throw error;
  }
}
