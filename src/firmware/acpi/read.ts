import { FormatError } from '../../util/index.ts';
import type { Note } from '../note.ts';
import { tablesIn, tablesOf } from './input.ts';
import { parsedSignatures, type Sdt } from './table.ts';
import { type Dmar, parseDmar } from './tables/dmar.ts';
import { parseIort } from './tables/iort.ts';
import type { Iort } from './tables/iort-types.ts';
import { type Ivrs, parseIvrs } from './tables/ivrs.ts';
import { type Mcfg, parseMcfg } from './tables/mcfg.ts';
import { parseViot, type Viot } from './tables/viot.ts';

/** A file of a directory of tables. */
export interface AcpiFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A machine's ACPI tables. */
export interface Acpi {
  /** All of them with their headers, in the order of the input. */
  readonly tables: readonly Sdt[];
  /** The file that each of them is in, null where there is but one input. */
  readonly files: readonly (string | null)[];
  /** Of several tables of one type, the first. */
  readonly iort: (Iort & Sdt) | null;
  readonly viot: (Viot & Sdt) | null;
  readonly dmar: (Dmar & Sdt) | null;
  readonly ivrs: (Ivrs & Sdt) | null;
  readonly mcfg: (Mcfg & Sdt) | null;
  /** What is odd about the input; each table has notes of its own. */
  readonly notes: readonly Note[];
}

/**
 * Read ACPI tables: one or several raw ones, a text that acpidump, hexdump, xxd or od printed, or
 * the files of a directory in any of these forms. Throws {@link FormatError}.
 */
export function readAcpi(input: Uint8Array | readonly AcpiFile[]): Acpi {
  const notes: Note[] = [];
  const found =
    input instanceof Uint8Array
      ? tablesOf(input, notes).map((table) => ({ file: null, table }))
      : tablesOfFiles(input, notes);
  const first = <T>(signature: string, parse: (bytes: Uint8Array) => T): T | null => {
    const [one, ...more] = found.filter(({ table }) => table.header.signature === signature);
    if (one === undefined) return null;
    for (const { file } of more) {
      const message = `a further ${signature}${file === null ? '' : ` in ${file}`} is ignored`;
      notes.push({ code: 'acpi/duplicate-table', offset: 0, message });
    }
    return inFile(one.file, () => parse(one.table.bytes));
  };
  return {
    tables: found.map(({ table }) => table),
    files: found.map(({ file }) => file),
    iort: first('IORT', parseIort),
    viot: first('VIOT', parseViot),
    dmar: first('DMAR', parseDmar),
    ivrs: first('IVRS', parseIvrs),
    mcfg: first('MCFG', parseMcfg),
    notes,
  };
}

interface Found {
  readonly file: string | null;
  readonly table: Sdt;
}

/** The namespace is read from two more. */
const readSignatures = [...parsedSignatures, 'DSDT', 'SSDT'];

/** Files that are no tables may lie there too, unless their name says that they are. */
function tablesOfFiles(files: readonly AcpiFile[], notes: Note[]): Found[] {
  const found: Found[] = [];
  for (const { name, bytes } of inOrder(files)) {
    const promises =
      readSignatures.includes(name.slice(0, 4).toUpperCase()) && !/\.[ad]sl$/i.test(name);
    const own: Note[] = [];
    const tables = inFile(name, () => (promises ? tablesOf : tablesIn)(bytes, own));
    if (tables === null) {
      const message = `${name} is not an ACPI table and is ignored`;
      notes.push({ code: 'acpi/unrecognised', offset: 0, message });
      continue;
    }
    for (const table of tables) found.push({ file: name, table });
    for (const note of own) notes.push({ ...note, message: `${name}: ${note.message}` });
  }
  if (found.length === 0) {
    throw new FormatError({
      code: 'acpi/no-tables',
      offset: null,
      field: 'directory',
      expected: 'at least one ACPI table',
      found: files.length === 0 ? 'nothing' : `${files.length} other files`,
    });
  }
  return found;
}

/** SSDT2 before SSDT10: they are loaded by their numbers. */
function inOrder(files: readonly AcpiFile[]): AcpiFile[] {
  const numberOf = ({ name }: AcpiFile): number | null => {
    const number = /^SSDT(\d+)/i.exec(name)?.[1];
    return number === undefined ? null : Number(number);
  };
  const numbered = files
    .filter((file) => numberOf(file) !== null)
    .sort((a, b) => (numberOf(a) ?? 0) - (numberOf(b) ?? 0));
  return files.map((file) => (numberOf(file) === null ? file : (numbered.shift() ?? file)));
}

function inFile<T>(file: string | null, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) error.file ??= file;
    throw error;
  }
}
