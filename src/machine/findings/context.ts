// The bytes that a finding is about, with those that are wrong marked.

import { fieldAt, propertyOf } from '../../firmware/index.ts';
import { tableCalled } from '../firmware/acpi/table-called.ts';
import type { Finding } from '../inspection.ts';
import type { Machine } from '../machine.ts';
import { nodeAt } from './node-at.ts';

/** A few bytes of a table, or the cells of a property. Offsets are from the start of the table or blob. */
export interface Context {
  /** What the bytes are: `IORT ID mapping at 0x74`, or the property. */
  readonly of: string;
  /** The field that is marked, as the specification calls it; null for a whole structure or property. */
  readonly field: string | null;
  /** Where `values` begins. */
  readonly start: number;
  /** Bytes of a table; cells of a property, of 4 bytes each, or the bytes of one that has none. */
  readonly values: readonly number[];
  /** In bytes, of each value. */
  readonly unit: 1 | 4;
  /** The values that are marked: the first, and the first behind them. */
  readonly marked: readonly [from: number, to: number];
  /** Whether there is more before or behind. */
  readonly isCut: boolean;
}

/** As many values are shown. */
const most = { 1: 16, 4: 8 } as const;

/** What is around the byte of a finding; null where none is to blame. */
export function contextOf(
  { fdt, tables }: Machine,
  { node, property, offset }: Finding,
): Context | null {
  if (offset === null) return null;
  const table = tableCalled(tables, node);
  if (table !== null) {
    const place = fieldAt(table, offset);
    if (place === null) return around(table.bytes, 0, node, null, 1, [offset, offset + 1]);
    const at = place.offset + (place.field?.offset ?? 0);
    const size = place.field?.size ?? 1;
    const of = `${place.structure} at 0x${place.offset.toString(16)}`;
    return around(table.bytes, 0, of, place.field?.name ?? null, 1, [at, at + size]);
  }
  const found = fdt === null || property === null ? null : nodeAt(fdt.root, node);
  const value = found === null || property === null ? undefined : propertyOf(found, property);
  if (value === undefined || property === null || isText(value.value)) return null;
  const { value: bytes, offset: start } = value;
  const isInside = offset >= start && offset < start + bytes.length;
  const unit = bytes.length % 4 === 0 ? 4 : 1;
  const first = isInside ? offset - ((offset - start) % unit) : start;
  const end = isInside ? first + unit : start + bytes.length;
  return around(bytes, start, property, null, unit, [first, end]);
}

function around(
  bytes: Uint8Array,
  base: number,
  of: string,
  field: string | null,
  unit: 1 | 4,
  [from, to]: readonly [number, number],
): Context | null {
  const size = most[unit] * unit;
  if (from - base >= bytes.length) return null;
  // Rows of a table begin where a hexdump has them.
  const row = unit === 1 ? from - ((from - base) % size) : Math.max(base, from - size / 2);
  const end = Math.min(row + size, base + bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: number[] = [];
  for (let at = row; at + unit <= end; at += unit)
    values.push(unit === 1 ? view.getUint8(at - base) : view.getUint32(at - base));
  const indexOf = (at: number): number => Math.min(values.length, Math.ceil((at - row) / unit));
  return {
    of,
    field,
    start: row,
    values,
    unit,
    marked: [indexOf(from), indexOf(to)],
    isCut: row > base || end < base + bytes.length,
  };
}

/** Strings, as `compatible` and `status` are: what is said names them. */
function isText(value: Uint8Array): boolean {
  const isPrintable = value.every((byte) => byte === 0 || (byte >= 0x20 && byte < 0x7f));
  return isPrintable && value.at(-1) === 0 && (value[0] ?? 0) !== 0;
}
