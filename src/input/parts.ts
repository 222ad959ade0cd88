// Which file of a directory is what.

import { refuse } from './bytes.ts';
import { bytesIn, type Files, namesIn } from './files.ts';
import { recognise, showsBytes } from './recognise/recognise.ts';
import { whereFrom } from './recognise/texts.ts';

export const blobNames: readonly string[] = ['machine.dtb', 'machine.dts', 'fdt'];
const lspciName = 'lspci.txt';

/** The parts of a machine, by their names. */
export interface Parts {
  /** Of several files the folder, which is empty or ends in `/`, and the names in it. */
  readonly tables: { readonly folder: string; readonly names: readonly string[] } | null;
  /** A devicetree in a file. */
  readonly blob: string | null;
  /** A devicetree as a folder, whose name ends in `/`. */
  readonly devicetree: string | null;
  /** What lspci printed. */
  readonly lspci: string | null;
}

/**
 * The parts of a machine: by their names, `acpi/`, `machine.dtb`, `devicetree/` and `lspci.txt`; where no
 * firmware has such a name, by what is in the files.
 *
 * @throws FormatError when nothing of a machine is there, or several machines are
 */
export function partsOf(files: Files): Parts {
  const names = namesIn(files, '');
  const wrong = [...blobNames, lspciName].find((name) => names.includes(`${name}/`));
  if (wrong !== undefined) throw refuse('folder', wrong, null, 'a file', 'that it is a directory');
  const named = {
    tables: tablesIn(files, names),
    blob: blobNames.find((name) => names.includes(name)) ?? null,
    devicetree: devicetreeIn(files, names),
    lspci: names.includes(lspciName) ? lspciName : null,
  };
  const known = named.tables ?? named.blob ?? named.devicetree;
  // A capture calls everything by its name.
  const complete = known !== null && (named.lspci !== null || names.includes('pci/'));
  if (complete || (known !== null && files.has('expected.json'))) return named;
  const found = contentOf(files, names);
  const lspci = named.lspci ?? (names.includes('pci/') ? null : only(found.functions, lspciName));
  if (known !== null) {
    const bare = lspci !== null && named.lspci === null && !showsBytes(bytesIn(files, lspci));
    return { ...named, lspci: bare ? null : lspci };
  }
  const blob = only(found.trees, 'machine.dtb');
  if (blob === null && lspci === null && !hasFunctions(files)) {
    const expected = 'machine.dtb, acpi/ or lspci.txt';
    throw refuse('no-firmware', 'directory', null, expected, listed(names), whereElse(names));
  }
  return { ...named, blob, lspci };
}

/** How to get at a machine that is not in a directory with these names. */
function whereElse(names: readonly string[]): string {
  if (names.includes('sos_commands/')) return `a sosreport has no tables; ${whereFrom}`;
  const inside = names.some((name) => name.endsWith('/'));
  return inside ? `give the folder in it that has a machine, or ${whereFrom}` : whereFrom;
}

function hasFunctions(files: Files): boolean {
  return namesIn(files, 'pci/').length > 0;
}

/** In `acpi/`, or as they are in `/sys/firmware`; or at the top, by their names. */
function tablesIn(files: Files, names: readonly string[]): Parts['tables'] {
  if (names.includes('acpi/')) {
    const inside = namesIn(files, 'acpi/');
    const folder = inside.includes('tables/') ? 'acpi/tables/' : 'acpi/';
    const tables = namesIn(files, folder);
    const wrong = tables.find((name) => /\.bin\/$/.test(name));
    if (wrong !== undefined)
      throw refuse('folder', folder + wrong, null, 'a table', 'that it is a directory');
    return { folder, names: tables.filter((name) => !name.endsWith('/')) };
  }
  if (names.includes('#address-cells')) return null;
  const plain = names.filter((name) => !name.endsWith('/') && !partNames.includes(name));
  const promised = plain.filter((name) => tableName.test(name));
  // Beside a devicetree that has its name, a text with a dump in it may be anything.
  const others = blobNames.some((name) => names.includes(name)) || names.includes('devicetree/');
  if (promised.length === 0 && others) return null;
  const tables = plain.filter(
    (name) => tableName.test(name) || (plain.length <= mostFiles && isTable(files, name)),
  );
  return tables.length === 0 ? null : { folder: '', names: tables };
}

function isTable(files: Files, name: string): boolean {
  return recognise(name, bytesIn(files, name)).is === 'tables';
}

/** Files that are something else by their names. */
const partNames = [...blobNames, lspciName, 'expected.json', 'kconfig', 'config'];

/** The tables that are read: a file of this name that is none is a mistake. */
const tableName = /^(?:DMAR|DSDT|IORT|IVRS|MCFG|SSDT\d*|VIOT)(?:\.(?:bin|dat|aml))?$/i;

/** Also as it is in `/sys/firmware`, or that folder itself. */
function devicetreeIn(files: Files, names: readonly string[]): string | null {
  if (names.includes('devicetree/'))
    return namesIn(files, 'devicetree/').includes('base/') ? 'devicetree/base/' : 'devicetree/';
  return names.includes('#address-cells') ? '' : null;
}

/** Nobody's machine has more files beside each other: of more, none is opened. */
const mostFiles = 100;

interface Content {
  readonly trees: string[];
  readonly functions: string[];
}

/** What the files at the top are, whatever they are called. */
function contentOf(files: Files, names: readonly string[]): Content {
  const found: Content = { trees: [], functions: [] };
  const plain = names.filter((name) => !name.endsWith('/'));
  if (plain.length > mostFiles) return found;
  for (const name of plain) {
    const { is } = recognise(name, bytesIn(files, name));
    if (is === 'devicetree' || is === 'source') found.trees.push(name);
    if (is === 'functions') found.functions.push(name);
  }
  return found;
}

function only(names: readonly string[], wanted: string): string | null {
  const [first = null, ...more] = names;
  if (more.length === 0) return first;
  const hint = `give one of them, or call it ${wanted}`;
  throw refuse('several', 'directory', null, 'one machine', listed(names), hint);
}

/** What there is instead. Raw. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  return names.length > 4
    ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
    : names.join(', ');
}

/** Whether a folder with these names in it is one machine's; names of folders end in `/`. */
export function isMachineFolder(names: readonly string[]): boolean {
  return names.some(
    (name) =>
      blobNames.includes(name) ||
      machineFolderNames.includes(name) ||
      ['#address-cells', 'expected.json', lspciName].includes(name) ||
      /^(?:DSDT|FACP)(?:\.(?:bin|dat|aml))?$/i.test(name),
  );
}

const machineFolderNames: readonly string[] = ['acpi/', 'devicetree/', 'pci/'];
