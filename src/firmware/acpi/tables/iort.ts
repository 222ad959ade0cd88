// I/O Remapping Table (DEN0049), the table and its ID mappings.

import { hex } from '../../../util/index.ts';
import { struct, u8, u16, u32 } from '../../binary/struct.ts';
import { type OpenTable, openTable, orNote, readIn, type Sdt, type TableRecord } from '../table.ts';
import { type Arrays, arraysOf } from './iort-arrays.ts';
import { readNodeBody } from './iort-nodes.ts';
import {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type Iort,
  type IortIdMapping,
  type IortNode,
} from './iort-types.ts';

const iort_header = struct('IORT', 'little', {
  node_count: u32(36),
  node_offset: u32(40),
  reserved: u32(44),
});

const node_start = struct('IORT node', 'little', { type: u8(0), length: u16(1) });

const node_header = struct('IORT node', 'little', {
  revision: u8(3),
  identifier: u32(4),
  mapping_count: u32(8),
  mapping_offset: u32(12),
});

/** Types whose nodes end with their mappings, and the least that is before these, in bytes. */
const mappingsLast: ReadonlyMap<number, number> = new Map([
  [1, 30],
  [2, 32],
  [4, 60],
  [5, 32],
  [7, 27],
]);

const id_mapping = struct('IORT ID mapping', 'little', {
  input_base: u32(0),
  id_count: u32(4),
  output_base: u32(8),
  output_reference: u32(12),
  flags: u32(16),
});

/** Read an IORT. Throws {@link FormatError}. */
export function parseIort(bytes: Uint8Array): Iort & Sdt {
  const table = openTable(bytes, 'IORT');
  const end = table.bytes.length;
  const { node_count, node_offset } = readIn(table, iort_header, { offset: 0, end });
  const arrays = arraysOf(table);
  const nodes: IortNode[] = [];
  let offset = node_offset;
  let index = 0;
  for (; index < node_count; index++) {
    if (offset >= end) {
      table.notes.push(
        index === 0
          ? {
              code: 'iort/bad-offset',
              offset: 40,
              message: `node_offset is ${hex(node_offset)}, and the table ends at ${hex(end)}`,
            }
          : {
              code: 'iort/truncated',
              offset: end,
              message: `the table ends after ${index} of ${node_count} nodes`,
            },
      );
      break;
    }
    const record = orNote(table, () => nodeAt(table, offset));
    if (record === null) break;
    const node = orNote(table, () => readNode(table, record, arrays));
    if (node !== null) nodes.push(node);
    offset = record.end;
    if (!isLongEnough(table, record)) break;
  }
  if (offset < end && index === node_count) {
    const message = `${end - offset} bytes follow the last of ${node_count} nodes`;
    table.notes.push({ code: 'iort/trailing-bytes', offset, message });
  }
  noteReferences(table, nodes);
  return { ...table, nodes };
}

/**
 * Linux looks at where a node begins only: it may pass the end of the table, and its fields its own
 * end.
 */
function nodeAt(table: OpenTable, offset: number): TableRecord {
  const { type, length } = readIn(table, node_start, { offset, end: table.bytes.length });
  return { type, offset, end: offset + length };
}

function isLongEnough(table: OpenTable, { offset, end }: TableRecord): boolean {
  const length = end - offset;
  const isShort = length < node_header.size;
  if (isShort || end > table.bytes.length) {
    const what = isShort ? 'ends before its header does' : 'passes the end of the table';
    const message = `a node of ${length} bytes ${what}`;
    table.notes.push({ code: 'iort/bad-length', offset: offset + 1, message });
  }
  return !isShort;
}

/** The node that a reference means, if there is one. */
export function iortNodeAt({ nodes }: Iort, reference: number): IortNode | null {
  let at = known.get(nodes);
  if (at === undefined) {
    at = new Map(nodes.map((node) => [node.offset, node]));
    known.set(nodes, at);
  }
  return at.get(reference) ?? null;
}

const known = new WeakMap<readonly IortNode[], ReadonlyMap<number, IortNode>>();

function readNode(table: OpenTable, record: TableRecord, arrays: Arrays): IortNode {
  const { offset } = record;
  const { revision, identifier, mapping_count, mapping_offset } = readIn(table, node_header, {
    offset,
    end: table.bytes.length,
  });
  if (mapping_count > 0 && mapping_offset === 0) {
    const message = `${mapping_count} ID mappings without an offset: there are none`;
    table.notes.push({ code: 'iort/no-mappings', offset, message });
  }
  const count = mapping_offset === 0 ? 0 : mapping_count;
  const mappings = arrays(record, 'ID mappings', mapping_offset, count, id_mapping);
  for (const mapping of mappings) noteRange(table, mapping);
  const room = record.end - (offset + mapping_offset + mapping_count * id_mapping.size);
  if (room >= id_mapping.size && mapping_offset >= (mappingsLast.get(record.type) ?? Infinity)) {
    const message = `${room} bytes of the node follow its ${mapping_count} ID mappings: Linux does not read them`;
    table.notes.push({ code: 'iort/uncounted-mappings', offset: offset + 8, message });
  }
  const header = { offset, revision, identifier, mappings };
  const fixedEnd = count === 0 ? record.end : Math.min(record.end, offset + mapping_offset);
  return readNodeBody(table, record, header, fixedEnd, arrays);
}

function noteRange({ notes }: OpenTable, mapping: IortIdMapping): void {
  const { offset, input_base, id_count, output_base, flags } = mapping;
  if (flags & ACPI_IORT_ID_SINGLE_MAPPING) return;
  if (Math.max(input_base, output_base) + id_count > 0xffff_ffff) {
    const message = `a range of ${hex(id_count + 1)} IDs from ${hex(input_base)} to ${hex(output_base)} passes the last ID`;
    notes.push({ code: 'iort/range-overflow', offset, message });
  }
}

function noteReferences({ notes }: OpenTable, nodes: readonly IortNode[]): void {
  const starts = new Set(nodes.map(({ offset }) => offset));
  const check = (offset: number, reference: number) => {
    if (starts.has(reference)) return;
    const message = `reference ${hex(reference)} is not the offset of a node`;
    notes.push({ code: 'iort/bad-reference', offset, message });
  };
  for (const node of nodes) {
    for (const { offset, output_reference } of node.mappings) check(offset, output_reference);
    if (node.type === 'pmcg') check(node.offset, node.node_reference);
  }
}
