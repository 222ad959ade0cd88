import { assert } from '../../util/index.ts';
import { Cursor, type Endian } from './cursor.ts';

/** One row of a layout table: where the field is and how it is read. */
export interface Row<T> {
  /** Bytes from the start of the structure, as in the specification's table. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly read: (view: DataView, offset: number, little: boolean) => T;
}

/** What a table of rows reads as: one read-only value per row. */
export type Values<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends Row<infer T> ? T : never;
};

/** A field's place, for hexdumps that name their bytes. */
export interface FieldPlace {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A layout that can be read, and that knows where each of its fields lies. */
export interface Struct<T> {
  readonly name: string;
  /** Bytes up to the end of the last field. */
  readonly size: number;
  readonly fields: readonly FieldPlace[];
  /** The structure at `offset` of the file; {@link FormatError} when it does not end before `end`. */
  read(bytes: Uint8Array, where: Where): T;
}

/** Where a structure starts, the end it must not pass, and the prefix of its error codes. */
export interface Where {
  readonly format: string;
  readonly offset: number;
  readonly end: number;
  /** What ends there, for errors; the file unless told. */
  readonly name?: string;
}

export function u8(offset: number): Row<number> {
  return { offset, size: 1, read: (view, at) => view.getUint8(at) };
}

export function u16(offset: number): Row<number> {
  return { offset, size: 2, read: (view, at, little) => view.getUint16(at, little) };
}

export function u32(offset: number): Row<number> {
  return { offset, size: 4, read: (view, at, little) => view.getUint32(at, little) };
}

export function u64(offset: number): Row<bigint> {
  return { offset, size: 8, read: (view, at, little) => view.getBigUint64(at, little) };
}

/** `size` raw bytes, not copied. */
export function bytes(offset: number, size: number): Row<Uint8Array> {
  return {
    offset,
    size,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size),
  };
}

/** A fixed layout, written as the table in its specification. Rows must not overlap. */
export function struct<Rows extends Readonly<Record<string, Row<unknown>>>>(
  name: string,
  endian: Endian,
  rows: Rows,
): Struct<Values<Rows>> {
  const named = Object.entries(rows).sort(([, a], [, b]) => a.offset - b.offset);
  let size = 0;
  for (const [field, row] of named) {
    assert(row.offset >= size, `${name}.${field} overlaps the field before it`);
    size = row.offset + row.size;
  }
  return {
    name,
    size,
    fields: named.map(([field, row]) => ({ name: field, offset: row.offset, size: row.size })),
    read(file, where) {
      const cursor = new Cursor(file, { name: 'file', ...where, endian, start: where.offset });
      const own = cursor.bytes(name, size);
      const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
      const values = named.map(([field, row]) => [
        field,
        row.read(view, row.offset, endian === 'little'),
      ]);
      return Object.fromEntries(values) as Values<Rows>;
    },
  };
}
