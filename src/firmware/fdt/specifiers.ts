// Lists of a phandle and as many cells as the node it names asks for: `iommus`, `msi-parent`,
// `clocks`. Devicetree Specification v0.4, 2.4 has the scheme for interrupts; `iommu-map` and
// `msi-map` follow the kernel's binding documents pci-iommu.txt and pci-msi.txt.

import { type FormatProblem, hex } from '../../util/index.ts';
import type { Fdt, FdtNode, FdtProperty } from './types.ts';

/** One entry, or why the list cannot be read from here on. `offset` is the entry's in the blob. */
export type SpecifierEntry =
  | {
      readonly ok: true;
      readonly offset: number;
      readonly phandle: number;
      readonly node: FdtNode;
      readonly args: readonly number[];
    }
  | {
      readonly ok: false;
      readonly offset: number;
      /** What it names, as far as that can be read. */
      readonly node: FdtNode | null;
      readonly problem: FormatProblem;
    };

/**
 * The entries of `prop`, each as long as `cellsName` (such as `#iommu-cells`) in the node it names
 * says, or as `cellsDefault` does for one that says nothing. Ends after the first entry that cannot be
 * read, because the next one has no known place. Never throws.
 */
export function specifiers(
  fdt: Pick<Fdt, 'phandles'>,
  prop: FdtProperty,
  cellsName: string,
  cellsDefault: number | null = null,
): SpecifierEntry[] {
  const entries: SpecifierEntry[] = [];
  for (let at = 0; at < prop.value.length; ) {
    const entry = readEntry(fdt, prop, at, cellsName, cellsDefault);
    entries.push(entry);
    if (!entry.ok) break;
    at += 4 + 4 * entry.args.length;
  }
  return entries;
}

function readEntry(
  fdt: Pick<Fdt, 'phandles'>,
  prop: FdtProperty,
  at: number,
  cellsName: string,
  cellsDefault: number | null,
): SpecifierEntry {
  const offset = prop.offset + at;
  const field = prop.name;
  let node: FdtNode | null = null;
  const fail = (code: string, expected: string, found: string): SpecifierEntry => ({
    ok: false,
    offset,
    node,
    problem: { code: `fdt/${code}`, offset, field, expected, found },
  });

  const left = prop.value.length - at;
  if (left < 4) return fail('short-specifier', 'a phandle of 4 bytes', `${left} bytes`);
  const phandle = cellAt(prop, at);
  if (phandle === 0) return fail('zero-phandle', 'a phandle', '0');
  node = fdt.phandles.get(phandle) ?? null;
  if (node === null) return fail('unknown-phandle', 'the phandle of a node', hex(phandle));

  const count = node.properties.get(cellsName);
  if (count === undefined && cellsDefault === null)
    return fail('missing-cells', `${cellsName} in ${node.path}`, 'none');
  if (count !== undefined && count.value.length !== 4) {
    const expected = `${cellsName} of 4 bytes in ${node.path}`;
    return fail('bad-cells', expected, `${count.value.length} bytes`);
  }
  const wanted = count === undefined ? (cellsDefault ?? 0) : cellAt(count, 0);
  if (wanted * 4 > left - 4) {
    return fail(
      'short-specifier',
      `${wanted} ${wanted === 1 ? 'cell' : 'cells'} after the phandle`,
      `${left - 4} bytes`,
    );
  }
  const args = Array.from({ length: wanted }, (_, index) => cellAt(prop, at + 4 + index * 4));
  return { ok: true, offset, phandle, node, args };
}

/** One row of `iommu-map` or `msi-map`, as stored. `offset` is its place in the blob. */
export interface MapEntry {
  readonly offset: number;
  /** The first ID, a requester ID for PCI. */
  readonly inputBase: number;
  readonly phandle: number;
  /** Null when no node has the phandle. */
  readonly node: FdtNode | null;
  readonly outputCells: number;
  /** The first of them. */
  readonly outputBase: number;
  /** In IDs. */
  readonly length: number;
}

/**
 * The rows of a map, and how many bytes are left after them. A row has one output cell, or as many as
 * `cells` says of its target.
 */
export function mapEntries(
  fdt: Pick<Fdt, 'phandles'>,
  prop: FdtProperty,
  cells: (target: FdtNode) => number = () => 1,
): { entries: MapEntry[]; trailingBytes: number } {
  const { length } = prop.value;
  const entries: MapEntry[] = [];
  let at = 0;
  while (at + 12 <= length) {
    const phandle = cellAt(prop, at + 4);
    const node = fdt.phandles.get(phandle) ?? null;
    const outputCells = node === null ? 1 : cells(node);
    const size = 4 * (3 + outputCells);
    if (at + size > length) break;
    entries.push({
      offset: prop.offset + at,
      inputBase: cellAt(prop, at),
      phandle,
      node,
      outputCells,
      outputBase: outputCells === 0 ? 0 : cellAt(prop, at + 8),
      length: cellAt(prop, at + size - 4),
    });
    at += size;
  }
  return { entries, trailingBytes: length - at };
}

function cellAt({ value }: FdtProperty, at: number): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(at);
}
