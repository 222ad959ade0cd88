import type { Struct } from '../../binary/struct.ts';
import { formatOf, type OpenTable, problem, readIn, type TableRecord } from '../table.ts';

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

/** For one table: what lies inside it. Arrays should end inside their node. */
export function arraysOf(table: OpenTable): Arrays {
  const end = table.bytes.length;
  let left = MAX_ENTRIES;
  return (node, field, start, count, entry) => {
    const first = node.offset + start;
    const last = first + count * entry.size;
    const inside = Math.max(0, Math.min(count, Math.floor((end - first) / entry.size)));
    if (inside < count) {
      const message = `of ${count} ${field} ${inside} are inside the table`;
      table.notes.push({ code: 'iort/array-outside', offset: node.offset, message });
    }
    left -= inside;
    if (left < 0) {
      const expected = `at most ${MAX_ENTRIES} in one table`;
      throw problem(formatOf(table), 'limit', node.offset, field, expected, 'more');
    }
    if (inside === count && count > 0 && last > node.end) {
      const message = `the ${field} end outside of their node`;
      table.notes.push({ code: 'iort/array-outside-node', offset: node.offset, message });
    }
    return Array.from({ length: inside }, (_, index) => {
      const offset = first + index * entry.size;
      return { offset, ...readIn(table, entry, { offset, end }) };
    });
  };
}
