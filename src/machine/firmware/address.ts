// Physical addresses as Linux computes them for device names (drivers/of/address.c). Where the
// tree is odd this differs from the specification: cell counts are inherited from the ancestors,
// bytes after the last whole entry are ignored, and sums wrap at 64 bits.

import {
  type FdtNode,
  type FdtProperty,
  propertyOf,
  wholeCells,
} from '../../firmware/fdt/index.ts';

/** More address cells than this are a malformed node to Linux. */
const maxAddressCells = 4;

/** What one bus says about the addresses below it. */
interface CellCounts {
  readonly address: number;
  readonly size: number;
}

/** The physical address of the node's first `reg` entry, null when there is none. */
export function physicalAddress(node: FdtNode): bigint | null {
  let bus = node.parent;
  const reg = propertyOf(node, 'reg');
  if (bus === null || reg === undefined) return null;
  let counts = cellCounts(bus);
  const words = wholeCells(reg);
  if (!isUsable(counts) || words.length < counts.address) return null;
  let address = number(words.slice(0, counts.address));
  while (bus.parent !== null) {
    const above = cellCounts(bus.parent);
    if (!isUsable(above)) return null;
    const translated = throughRanges(bus, counts, above, address);
    if (translated === null) return null;
    address = translated;
    counts = above;
    bus = bus.parent;
  }
  return address;
}

/** Whether the first `reg` entry has an address and a size, and the address can be translated. */
export function hasResource(node: FdtNode): boolean {
  const reg = propertyOf(node, 'reg');
  if (node.parent === null || reg === undefined) return false;
  const { address, size } = cellCounts(node.parent);
  return wholeCells(reg).length >= address + size && physicalAddress(node) !== null;
}

function throughRanges(
  bus: FdtNode,
  own: CellCounts,
  above: CellCounts,
  address: bigint,
): bigint | null {
  const ranges = propertyOf(bus, 'ranges');
  if (ranges === undefined) return null;
  const words = cellsOfRanges(ranges);
  if (words.length === 0) return truncated(address, above);
  const row = own.address + above.address + own.size;
  for (let at = 0; at + row <= words.length; at += row) {
    const from = number(words.slice(at, at + own.address));
    const to = number(words.slice(at + own.address, at + own.address + above.address));
    const size = number(words.slice(at + own.address + above.address, at + row));
    if (address >= from && address < BigInt.asUintN(64, from + size)) {
      return truncated(to + (address - from), above);
    }
  }
  return null;
}

const known = new WeakMap<FdtProperty, readonly number[]>();

/** Read once for all that is on the bus. */
function cellsOfRanges(ranges: FdtProperty): readonly number[] {
  const words = known.get(ranges) ?? wholeCells(ranges);
  known.set(ranges, words);
  return words;
}

function truncated(address: bigint, counts: CellCounts): bigint {
  return BigInt.asUintN(counts.address === 1 ? 32 : 64, address);
}

function isUsable(counts: CellCounts): boolean {
  return counts.address > 0 && counts.address <= maxAddressCells && counts.size > 0;
}

const countsOfBuses = new WeakMap<FdtNode, CellCounts>();

function cellCounts(bus: FdtNode): CellCounts {
  let counts = countsOfBuses.get(bus);
  if (counts === undefined) {
    counts = { address: inherited(bus, '#address-cells'), size: inherited(bus, '#size-cells') };
    countsOfBuses.set(bus, counts);
  }
  return counts;
}

/** The value in the nearest node that has it, 1 when none does. */
function inherited(bus: FdtNode, name: string): number {
  for (let node: FdtNode | null = bus; node !== null; node = node.parent) {
    const [first] = wholeCells(propertyOf(node, name));
    if (first !== undefined) return first;
  }
  return 1;
}

/** Cells as one big-endian number of at most 64 bits. */
function number(words: readonly number[]): bigint {
  let value = 0n;
  for (const word of words) value = (value << 32n) | BigInt(word);
  return BigInt.asUintN(64, value);
}
