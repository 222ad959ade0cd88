// Devicetree Specification v0.4, chapter 5 "Flattened Devicetree (DTB) Format".

import { hex, present } from '../../util/index.ts';
import { Cursor } from '../binary/cursor.ts';
import type { Note } from '../note.ts';
import { type Layout, readLayout } from './header.ts';
import { type OpenNode, readStructure } from './structure.ts';
import type { Fdt, FdtNode, FdtProperty, FdtReservation } from './types.ts';

/**
 * Read a devicetree blob (chapter 5). Versions 16 and 17.
 *
 * A file shorter than its `totalsize` is fine as long as every block is complete: the rest is
 * padding. Values are views into `bytes`, not copies. Throws {@link FormatError} for anything that
 * cannot be read completely; what is merely odd is in `notes`.
 */
export function parseFdt(bytes: Uint8Array): Fdt {
  const notes: Note[] = [];
  const layout = readLayout(bytes, notes);
  const memory_reservations = readReservations(bytes, layout);
  noteOverlaps(layout, memory_reservations.length, notes);
  const nodes = readStructure(bytes, layout, notes);
  const phandles = collectPhandles(nodes, notes);
  const [root] = nodes as [OpenNode];
  return { header: layout.header, memory_reservations, root, phandles, notes };
}

/** 5.3 "Memory Reservation Block": pairs of address and size, up to the pair 0, 0. */
function readReservations(bytes: Uint8Array, { reservations }: Layout): FdtReservation[] {
  const cursor = new Cursor(bytes, { format: 'fdt', endian: 'big', ...reservations });
  const found: FdtReservation[] = [];
  for (;;) {
    const offset = cursor.offset;
    const address = cursor.u64('fdt_reserve_entry.address');
    const size = cursor.u64('fdt_reserve_entry.size');
    if (address === 0n && size === 0n) return found;
    found.push({ address, size, offset });
  }
}

/** Blocks that share bytes (5.1 has them one after the other). The end of a version 16 tree is unknown. */
function noteOverlaps(layout: Layout, reservations: number, notes: Note[]): void {
  const { start } = layout.reservations;
  const blocks = [
    { name: 'header', start: 0, end: layout.header_size },
    { ...layout.reservations, end: start + 16 * (reservations + 1) },
    layout.strings,
  ];
  if (layout.header.size_dt_struct !== null) blocks.push(layout.structure);
  blocks.sort((a, b) => a.start - b.start || a.end - b.end);
  let before = present(blocks[0], 'the header');
  for (const block of blocks.slice(1)) {
    if (block.start < before.end) {
      const message = `the ${block.name} starts inside the ${before.name}`;
      notes.push({ code: 'fdt/overlapping-blocks', offset: block.start, message });
    }
    if (block.end > before.end) before = block;
  }
}

/** Sets each node's phandle once all properties are known; nodes may come before what they name. */
function collectPhandles(nodes: readonly OpenNode[], notes: Note[]): Map<number, FdtNode> {
  const phandles = new Map<number, FdtNode>();
  for (const node of nodes) {
    const prop = node.properties.get('phandle') ?? node.properties.get('linux,phandle');
    if (prop === undefined) continue;
    const value = phandleValue(prop);
    if (value === null) {
      const message = `"${prop.name}" is not one cell other than 0 and 0xffffffff`;
      notes.push({ code: 'fdt/bad-phandle', offset: prop.offset, message });
      continue;
    }
    node.phandle = value;
    if (phandles.has(value)) {
      const message = `phandle ${hex(value)} belongs to a node before this one`;
      notes.push({ code: 'fdt/duplicate-phandle', offset: prop.offset, message });
      continue;
    }
    phandles.set(value, node);
  }
  return phandles;
}

function phandleValue({ value }: FdtProperty): number | null {
  if (value.length !== 4) return null;
  const phandle = new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
  return phandle === 0 || phandle === 0xffffffff ? null : phandle;
}
