// ACPI 6.5, 5.2.6 "System Description Table Header", and the records that the tables consist of.

import { FormatError, hex } from '../../util/index.ts';
import { Cursor } from '../binary/cursor.ts';
import { type Row, type Struct, struct, u8, u32 } from '../binary/struct.ts';
import type { Note } from '../note.ts';

/** Text fields are raw: one character per byte, to be escaped before printing. */
export interface SdtHeader {
  readonly signature: string;
  /** Of the whole table, in bytes. */
  readonly length: number;
  readonly revision: number;
  readonly checksum: number;
  readonly oem_id: string;
  readonly oem_table_id: string;
  readonly oem_revision: number;
  readonly creator_id: string;
  readonly creator_revision: number;
}

/** What every table has. Offsets count from the start of the table. */
export interface Sdt {
  readonly header: SdtHeader;
  /** The table alone, not copied. */
  readonly bytes: Uint8Array;
  /** Whether the bytes sum to 0. */
  readonly checksum_valid: boolean;
  /** What is odd about the table, in the order it was met. */
  readonly notes: readonly Note[];
  /** The structures that were read of it, in that order. */
  readonly structures_read: readonly StructureRead[];
}

/** A structure that was read: its layout, and where it is. */
export interface StructureRead {
  readonly layout: Pick<Struct<unknown>, 'name' | 'size' | 'fields'>;
  /** In bytes from the start of the table. */
  readonly offset: number;
}

/** A table that is being read. */
export interface OpenTable extends Sdt {
  readonly notes: Note[];
  readonly structures_read: StructureRead[];
}

/** Real tables end long before; DSDTs, the largest, have a few hundred KiB. */
const MAX_TABLE_SIZE = 4 << 20;

/** Of the tables that are read completely. The largest have a few ten KiB. */
const MAX_PARSED_SIZE = 256 << 10;

/** All tables of a machine, as text. */
export const MAX_INPUT_SIZE: number = 16 << 20;

/** Tables that are read beyond their header. */
export const parsedSignatures: readonly string[] = ['IORT', 'VIOT', 'DMAR', 'IVRS', 'MCFG'];

/** What a signature looks like: of four characters, letters and digits mostly. */
export const signaturePattern: RegExp = /^[A-Z][A-Z0-9_!]{3}/;

export const sdt_header: Struct<SdtHeader> = struct('table header', 'little', {
  signature: chars(0, 4),
  length: u32(4),
  revision: u8(8),
  checksum: u8(9),
  oem_id: chars(10, 6),
  oem_table_id: chars(16, 8),
  oem_revision: u32(24),
  creator_id: chars(28, 4),
  creator_revision: u32(32),
});

/** The table at the start of `bytes`, header checked; what follows it is ignored. */
export function openTable(bytes: Uint8Array, signature: string): OpenTable {
  const format = prefixOf(signature);
  const where = { format, offset: 0, end: bytes.length };
  const header = sdt_header.read(bytes, where);
  if (header.signature !== signature) {
    throw problem(format, 'bad-signature', 0, 'signature', signature, header.signature);
  }
  const { length } = header;
  const most = parsedSignatures.includes(signature) ? MAX_PARSED_SIZE : MAX_TABLE_SIZE;
  const expected = `${sdt_header.size} to ${Math.min(bytes.length, most)} bytes`;
  if (length > bytes.length) {
    throw problem(format, 'truncated', 4, `${signature} length`, expected, `${length}`);
  }
  if (length < sdt_header.size || length > most) {
    throw problem(format, 'bad-length', 4, `${signature} length`, expected, `${length}`);
  }
  const own = bytes.subarray(0, length);
  const sum = own.reduce((total, byte) => total + byte, 0) & 0xff;
  const notes: Note[] = [];
  if (sum !== 0) {
    const message = `the bytes of ${signature} sum to ${hex(sum)}, not to 0`;
    notes.push({ code: `${format}/bad-checksum`, offset: 9, message });
  }
  const structures_read = [{ layout: sdt_header, offset: 0 }];
  return { header, bytes: own, checksum_valid: sum === 0, notes, structures_read };
}

/** A self-contained piece of a table, as long as it says. */
export interface TableRecord {
  readonly type: number;
  readonly offset: number;
  /** First byte after it. */
  readonly end: number;
}

type RecordLayout = Struct<{ readonly type: number; readonly length: number }>;

/** The record at `offset`, which must lie before `end` as a whole. */
export function readRecord(
  table: OpenTable,
  layout: RecordLayout,
  offset: number,
  end: number,
): TableRecord {
  const format = formatOf(table);
  table.structures_read.push({ layout, offset });
  const { type, length } = layout.read(table.bytes, { format, offset, end });
  if (length < layout.size || offset + length > end) {
    const place = offset + placeOf(layout, 'length');
    const expected = `${layout.size} to ${end - offset} bytes`;
    throw problem(format, 'bad-length', place, `${layout.name}.length`, expected, `${length}`);
  }
  return { type, offset, end: offset + length };
}

/** The records between two offsets, one behind the other. */
export function readRecords(
  table: OpenTable,
  layout: RecordLayout,
  start: number,
  end: number,
): TableRecord[] {
  const records: TableRecord[] = [];
  for (let offset = start; offset < end; ) {
    const record = readRecord(table, layout, offset, end);
    records.push(record);
    offset = record.end;
  }
  return records;
}

/** What `read` gives; where the table is damaged that is noted, and the result is null. */
export function orNote<T>({ notes }: OpenTable, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError) || error.problem.code.endsWith('/limit')) throw error;
    const { code, offset, field, expected, found } = error.problem;
    const message = `${field}: expected ${expected}, found ${found}`;
    notes.push({ code, offset: offset ?? 0, message });
    return null;
  }
}

/** The structure at the start of a record. */
export function readIn<T>(
  table: OpenTable,
  layout: Struct<T>,
  { offset, end }: Pick<TableRecord, 'offset' | 'end'>,
): T {
  const format = formatOf(table);
  table.structures_read.push({ layout, offset });
  return layout.read(table.bytes, { format, offset, end, name: layout.name });
}

/** The characters from `start` to the zero byte, one per byte. */
export function readName(table: OpenTable, field: string, start: number, end: number): string {
  const extent = { format: formatOf(table), name: field, endian: 'little', start, end } as const;
  return new Cursor(table.bytes, extent).cstring(field, end - start);
}

export function problem(
  format: string,
  code: string,
  offset: number,
  field: string,
  expected: string,
  found: string,
): FormatError {
  return new FormatError({ code: `${format}/${code}`, offset, field, expected, found });
}

/** Prefix of the codes of a table's errors and notes. */
export function formatOf({ header }: Sdt): string {
  return prefixOf(header.signature);
}

/** Tables that are only looked at share one. */
function prefixOf(signature: string): string {
  return parsedSignatures.includes(signature) ? signature.toLowerCase() : 'acpi';
}

/** `size` characters, one per byte. */
export function chars(offset: number, size: number): Row<string> {
  return {
    offset,
    size,
    read: (view, at) =>
      String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, size)),
  };
}

function placeOf({ fields }: Struct<unknown>, wanted: string): number {
  return fields.find(({ name }) => name === wanted)?.offset ?? 0;
}
