// Devicetree Specification v0.4, 2.3.5 to 2.3.9: `#address-cells`, `reg`, `ranges`. The high cell
// of PCI addresses is that of IEEE 1275's PCI bus binding, 2.2.1.1; of ISA ones, of its ISA binding.

import { FormatError } from '../../util/index.ts';
import { MAX_ADDRESS_CELLS } from './limits.ts';
import { baseName, splitStrings, u32 } from './properties.ts';
import type { FdtNode, FdtProperty } from './types.ts';

/** One entry of `reg`: an address on the parent's bus and a size in bytes, as stored. */
export interface RegEntry {
  readonly address: bigint;
  readonly size: bigint;
  /** Of the entry in the blob. */
  readonly offset: number;
}

/**
 * `reg` (2.3.6) in the addresses of the parent's bus: all cells of an address as one number, the
 * PCI flags on top. Empty when absent and for the root. Throws `FormatError` when the entries do
 * not fill the property, or the parent's cell counts are no numbers up to 4.
 */
export function regOf(node: FdtNode): RegEntry[] {
  const prop = node.properties.get('reg');
  if (prop === undefined || node.parent === null) return [];
  const address_cells = addressCells(node.parent);
  const size_cells = sizeCells(node.parent);
  return rowsOf(prop, [address_cells, size_cells]).map(([address, size], index) => ({
    address,
    size,
    offset: prop.offset + index * 4 * (address_cells + size_cells),
  }));
}

/**
 * An address on the bus that `node` sits on, as the root sees it (2.3.8). Null when a bus on the
 * way has no `ranges` or none that covers the address; an empty `ranges` changes nothing. On PCI
 * buses the address space must fit as well. Throws `FormatError` for malformed `ranges`.
 */
export function translateAddress(node: FdtNode, address: bigint): bigint | null {
  let translated: bigint | null = address;
  let bus = node.parent;
  while (bus?.parent && translated !== null) {
    translated = throughBus(bus, bus.parent, translated);
    bus = bus.parent;
  }
  return translated;
}

/** The memory that devices on a bus can reach, in the addresses that they use. */
export interface DmaRange {
  readonly address: bigint;
  readonly size: bigint;
}

/**
 * The first entry of the `dma-ranges` (2.3.9) that count for a device: those of the nearest bus above
 * that says more than that nothing is translated. Null when a bus on the way says nothing, except the
 * one that the device sits on, of which Linux does not ask it. Throws `FormatError` for malformed `dma-ranges`.
 */
export function dmaRangeOf(node: FdtNode): DmaRange | null {
  for (let bus = node.parent; bus?.parent; bus = bus.parent) {
    const ranges = bus.properties.get('dma-ranges');
    if (ranges === undefined && bus !== node.parent) return null;
    if (ranges === undefined || ranges.value.length === 0) continue;
    const widths = [addressCells(bus), addressCells(bus.parent), sizeCells(bus)] as const;
    const [first] = rowsOf(ranges, widths);
    if (first === undefined) return null;
    return { address: kindOf(bus, widths[0]).plain(first[0]), size: first[2] };
  }
  return null;
}

/** How many cells the device's bus has for an address and for a size, where Linux looks for them. */
export function dmaCellsOf(node: FdtNode): { readonly address: number; readonly size: number } {
  return {
    address: nearestCells(node.parent, '#address-cells'),
    size: nearestCells(node.parent, '#size-cells'),
  };
}

/** An entry of `dma-ranges`; its place is that in the blob. */
export interface DmaRangeEntry extends DmaRange {
  readonly offset: number;
}

/**
 * The entries of a bus's own `dma-ranges` that are whole, and how many bytes are left. Cells that the
 * bus does not count are those of the bus above, as Linux has it.
 */
export function dmaRangesOf(bus: FdtNode): {
  readonly entries: readonly DmaRangeEntry[];
  readonly trailingBytes: number;
} {
  const ranges = bus.properties.get('dma-ranges');
  if (ranges === undefined) return { entries: [], trailingBytes: 0 };
  const address = nearestCells(bus, '#address-cells');
  const above = nearestCells(bus.parent, '#address-cells');
  const row = 4 * (address + above + nearestCells(bus, '#size-cells'));
  const { offset, value } = ranges;
  const trailingBytes = row === 0 ? value.length : value.length % row;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const numberAt = (from: number, to: number): bigint => {
    let number = 0n;
    for (let at = from; at < to; at += 4) number = (number << 32n) | BigInt(view.getUint32(at));
    return number;
  };
  const entries: DmaRangeEntry[] = [];
  for (let at = 0; at + row <= value.length - trailingBytes && row > 0; at += row)
    entries.push({
      offset: offset + at,
      address: numberAt(at, at + 4 * address),
      size: numberAt(at + 4 * (address + above), at + row),
    });
  return { entries, trailingBytes };
}

/** Of the node, or of the nearest above that says it. */
function nearestCells(node: FdtNode | null, name: '#address-cells' | '#size-cells'): number {
  for (let at = node; at !== null; at = at.parent) {
    const count = at.properties.get(name)?.value;
    if (count !== undefined && count.length >= 4)
      return new DataView(count.buffer, count.byteOffset).getUint32(0);
  }
  return 1;
}

/** From the addresses below `bus` to those of the bus above. */
function throughBus(bus: FdtNode, above: FdtNode, address: bigint): bigint | null {
  const ranges = bus.properties.get('ranges');
  if (ranges === undefined) return null;
  const own_cells = addressCells(bus);
  const above_cells = addressCells(above);
  const kind = kindOf(bus, own_cells);
  const above_kind = kindOf(above, above_cells);
  if (ranges.value.length === 0) {
    return inside(kind === above_kind ? address : kind.plain(address), above_cells);
  }
  for (const [from, to, size] of rowsOf(ranges, [own_cells, above_cells, sizeCells(bus)])) {
    const distance = kind.plain(address) - kind.plain(from);
    if (kind.space(address) === kind.space(from) && distance >= 0n && distance < size) {
      // The flags above the plain part stay what `ranges` says: no carry into them.
      const wraps = above_kind.plain(to) + distance !== above_kind.plain(to + distance);
      return wraps ? null : inside(to + distance, above_cells);
    }
  }
  return null;
}

/** How a bus writes its addresses: which bits say where, and which say in what space. */
interface AddressKind {
  plain(address: bigint): bigint;
  space(address: bigint): bigint;
}

const simple: AddressKind = {
  plain: (address) => address,
  space: () => 0n,
};

/** phys.hi, phys.mid, phys.lo; the space is bits 24 and 25 of phys.hi. */
const pci: AddressKind = {
  plain: (address) => BigInt.asUintN(64, address),
  space: (address) => {
    const space = (address >> 88n) & 3n;
    // 64-bit memory addresses continue the 32-bit ones.
    return space === 3n ? 2n : space;
  },
};

/** The low bit of the high cell says I/O. */
const isa: AddressKind = {
  plain: (address) => BigInt.asUintN(32, address),
  space: (address) => (address >> 32n) & 1n,
};

function kindOf(bus: FdtNode, address_cells: number): AddressKind {
  if (address_cells === 3 && isOf(bus, ['pci', 'pcie', 'pciex'])) return pci;
  if (address_cells === 2 && isOf(bus, ['isa', 'eisa'])) return isa;
  return simple;
}

function isOf(bus: FdtNode, types: readonly string[]): boolean {
  if (types.includes(baseName(bus))) return true;
  const type = bus.properties.get('device_type');
  return type !== undefined && types.includes(splitStrings(type.value)?.[0] ?? '');
}

/** `address`, unless that many cells cannot hold it. */
function inside(address: bigint, cell_count: number): bigint | null {
  return address < 1n << BigInt(32 * cell_count) ? address : null;
}

/** `#address-cells` (2.3.5): of the addresses of the node's children, 2 when absent. */
function addressCells(node: FdtNode): number {
  return cellCount(node, '#address-cells', 2);
}

/** `#size-cells` (2.3.5): of the sizes of the node's children, 1 when absent. */
function sizeCells(node: FdtNode): number {
  return cellCount(node, '#size-cells', 1);
}

function cellCount(node: FdtNode, name: string, absent: number): number {
  const prop = node.properties.get(name);
  if (prop === undefined) return absent;
  const count = u32(prop);
  if (count > MAX_ADDRESS_CELLS) {
    reject(prop, 'limit', `at most ${MAX_ADDRESS_CELLS}`, `${count}`);
  }
  return count;
}

/** The property as rows of numbers that are so many cells wide. */
function rowsOf<Widths extends readonly number[]>(
  prop: FdtProperty,
  widths: readonly [...Widths],
): { [Index in keyof Widths]: bigint }[] {
  const { value } = prop;
  const row_cells = widths.reduce((sum, width) => sum + width, 0);
  if (row_cells === 0 ? value.length > 0 : value.length % (4 * row_cells) !== 0) {
    const expected = `a multiple of ${4 * row_cells} bytes`;
    reject(prop, 'bad-row-size', expected, `${value.length} bytes`);
  }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const rows: { [Index in keyof Widths]: bigint }[] = [];
  let at = 0;
  while (at < value.length) {
    const row = widths.map((width) => {
      let number = 0n;
      for (let cell = 0; cell < width; cell++, at += 4) {
        number = (number << 32n) | BigInt(view.getUint32(at));
      }
      return number;
    });
    rows.push(row as { [Index in keyof Widths]: bigint });
  }
  return rows;
}

function reject(prop: FdtProperty, code: string, expected: string, found: string): never {
  const offset = prop.offset;
  throw new FormatError({ code: `fdt/${code}`, offset, field: prop.name, expected, found });
}
