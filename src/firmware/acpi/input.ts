// In which form tables come: raw, or as the text of a dump.

import type { Note } from '../note.ts';
import { readDumps } from './dump/dump.ts';
import { MAX_INPUT_SIZE, openTable, problem, type Sdt, signaturePattern } from './table.ts';

/** Whether the bytes are ACPI tables in a form that {@link tablesOf} knows. */
export function isAcpi(bytes: Uint8Array): boolean {
  return isTable(bytes) || dumpsIn(bytes).length > 0;
}

/** The bytes of each dump in a text, whatever they are of; none in anything else. */
export function dumpsIn(bytes: Uint8Array): Uint8Array[] {
  return !isTable(bytes) && isText(bytes) ? readDumps(textOf(bytes)) : [];
}

/** The tables in a file, headers checked; adds to `notes`. */
export function tablesOf(bytes: Uint8Array, notes: Note[]): Sdt[] {
  const tables = tablesIn(bytes, notes);
  if (tables !== null) return tables;
  const found = bytes.length === 0 ? 'nothing' : isText(bytes) ? 'other text' : 'other bytes';
  throw problem('acpi', 'unrecognised', 0, 'file', 'an ACPI table or a dump of one', found);
}

/** The same, null where the file has none. */
export function tablesIn(bytes: Uint8Array, notes: Note[]): Sdt[] | null {
  if (isTable(bytes)) return splitTables(bytes, notes);
  const dumps = dumpsIn(bytes);
  if (dumps.length === 0) return null;
  const tables = dumps.flatMap((dump) => splitTables(dump, notes, isPadding));
  noteSources(textOf(bytes), tables, notes);
  return tables;
}

/** Beside dumps a text may have tables that are disassembled, of which there are no bytes. */
function noteSources(text: string, tables: readonly Sdt[], notes: Note[]): void {
  const shown = tables.map(({ header }) => header.signature);
  const sources = [...text.matchAll(/^[ \t]*DefinitionBlock[ \t]*\([^,\n]*,[ \t]*"(\w{4})"/gm)];
  const names = new Set(sources.flatMap(([, name = '']) => (shown.includes(name) ? [] : [name])));
  if (names.size === 0) return;
  const message = `not read, because disassembled: ${[...names].join(', ')} (give the bytes, as acpidump prints them)`;
  notes.push({ code: 'acpi/disassembled', offset: sources[0]?.index ?? 0, message });
}

/** A signature, and not a text that begins with capital letters. */
export function isTable(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 36);
  const text = textOf(start);
  if (!signaturePattern.test(text) && !isPointer(text)) return false;
  return start.length < 36 || !isText(start);
}

/** No control characters but those that lay out text. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_INPUT_SIZE) {
    throw problem(
      'acpi',
      'limit',
      MAX_INPUT_SIZE,
      'file',
      `at most ${MAX_INPUT_SIZE} characters`,
      'more',
    );
  }
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** The last row of a dump may be filled up. */
function isPadding(rest: Uint8Array): boolean {
  return rest.length < 16 && rest.every((byte) => byte === 0);
}

/** Raw tables, one behind the other. */
function splitTables(
  bytes: Uint8Array,
  notes: Note[],
  isExpected: (rest: Uint8Array) => boolean = () => false,
): Sdt[] {
  const tables: Sdt[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const rest = bytes.subarray(offset);
    const start = textOf(rest.subarray(0, 8));
    if (isPointer(start)) break;
    if (offset > 0 && !signaturePattern.test(start)) {
      const message = `${rest.length} bytes follow the table`;
      const length_of = isExpected(rest) ? undefined : tables.at(-1)?.header.signature;
      const note = { code: 'acpi/trailing-bytes', offset, message };
      notes.push(length_of === undefined ? note : { ...note, length_of });
      break;
    }
    const table = openTable(rest, start.slice(0, 4));
    // FACS has a length, but no header otherwise.
    if (table.header.signature !== 'FACS') tables.push(table);
    offset += table.header.length;
  }
  return tables;
}

/** The structure that leads to the tables is none itself. */
function isPointer(text: string): boolean {
  return text.startsWith('RSD PTR ');
}
