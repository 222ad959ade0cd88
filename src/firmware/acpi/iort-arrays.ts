import type { Struct } from '../binary/struct.ts';
import { formatOf, type OpenTable, problem, readIn, type TableRecord } from './table.ts';

/** Of a whole table. Nodes may share arrays, so the size of the table is no bound. */
const MAX_ENTRIES = 1 << 15;

/** Reads an array of `count` entries that starts so many bytes after the start of its node. */
export type Arrays = <T>(
  node: TableRecord,
  field: string,
  start: number,
  count: number,
  entry: Struct<T>,
) => (T & { readonly offset: number })[];

/** For one table: arrays must end inside it, and should end inside their node. */
export function arraysOf(table: OpenTable): Arrays {
  const end = table.bytes.length;
  let left = MAX_ENTRIES;
  return (node, field, start, count, entry) => {
    const first = node.offset + start;
    const last = first + count * entry.size;
    if (last > end) {
      const expected = `${count} entries before the end of the table at ${end}`;
      const found = `an array that ends at ${last}`;
      throw problem(formatOf(table), 'array-outside', node.offset, field, expected, found);
    }
    left -= count;
    if (left < 0) {
      const expected = `at most ${MAX_ENTRIES} in one table`;
      throw problem(formatOf(table), 'limit', node.offset, field, expected, 'more');
    }
    if (count > 0 && last > node.end) {
      const message = `the ${field} end outside of their node`;
      table.notes.push({ code: 'iort/array-outside-node', offset: node.offset, message });
    }
    return Array.from({ length: count }, (_, index) => {
      const offset = first + index * entry.size;
      return { offset, ...readIn(table, entry, { offset, end }) };
    });
  };
}
