// Which nodes interrupts end up at (drivers/of/irq.c), by way of every nexus that maps them.

import {
  type FdtNode,
  isAvailable,
  propertyOf,
  specifiers,
  wholeCells,
} from '../../../firmware/fdt/index.ts';
import { firstCell } from '../../../linux/index.ts';
import { matches } from '../../firmware/tables.ts';
import type { Machine } from '../../machine.ts';

type Tree = Pick<NonNullable<Machine['fdt']>, 'phandles'>;

/** An interrupt as a node takes it. */
interface Interrupt {
  readonly np: FdtNode;
  readonly args: readonly number[];
  /** The cells of an address that come before them. */
  readonly address: readonly number[];
}

const MAX_PHANDLE_ARGS = 16;

/** Longer than any way to a controller. Linux follows for ever those that map to each other in a circle. */
const longestWay = 256;

/** The rows of `interrupt-map` by the cells that its mask leaves: of those with the same, the first. */
type InterruptMap = ReadonlyMap<string, Interrupt>;

/** Controllers that read their `interrupt-map` by themselves. @linux drivers/of/irq.c of_irq_imap_abusers */
const abusers: readonly string[] = [
  ...['cbea,platform-spider-pic', 'sti,platform-spider-pic', 'realtek,rtl-intc'],
  ...['fsl,ls1021a-extirq', 'fsl,ls1043a-extirq', 'fsl,ls1088a-extirq'],
  ...['renesas,rza1-irqc', 'pasemi,rootbus'],
];

/** The interrupts of a tree. */
export class Interrupts {
  readonly #fdt: Tree;
  /** By node and by how many cells a row begins with. */
  readonly #maps = new Map<FdtNode, Map<number, InterruptMap>>();

  constructor(fdt: Tree) {
    this.#fdt = fdt;
  }

  /** What each interrupt of a node ends up at, up to one that comes to nothing. @linux drivers/of/irq.c of_irq_parse_one */
  *controllersOf(node: FdtNode): Generator<FdtNode> {
    for (const interrupt of this.#interruptsOf(node)) {
      const found = this.#followed(interrupt);
      if (found === null) return;
      yield found;
    }
  }

  /** What a nexus hands its own interrupts on to. @linux drivers/of/property.c parse_interrupt_map */
  *handedOnBy(node: FdtNode): Generator<FdtNode> {
    const own = firstCell(node, '#interrupt-cells');
    if (own === null) return;
    for (const { to } of this.#rowsOf(node, ownAddressCells(node) + own)) yield to.np;
  }

  *#interruptsOf(node: FdtNode): Generator<Interrupt> {
    const reg = wholeCells(propertyOf(node, 'reg')).slice(0, 3);
    const at = (np: FdtNode, args: readonly number[]): Interrupt => {
      const address = Array.from({ length: addressCellsAbove(np) }, (_, i) => reg[i] ?? 0);
      return { np, args, address };
    };
    const extended = node.properties.get('interrupts-extended');
    const named = extended === undefined ? [] : specifiers(this.#fdt, extended, '#interrupt-cells');
    let index = 0;
    for (const entry of named) {
      if (!entry.ok) break;
      yield at(entry.node, entry.args);
      index++;
    }
    const parent = this.#parentOf(node);
    const size = parent === null ? null : firstCell(parent, '#interrupt-cells');
    if (parent === null || size === null) return;
    const words = wholeCells(propertyOf(node, 'interrupts'));
    for (; size > 0 && (index + 1) * size <= words.length; index++)
      yield at(parent, words.slice(index * size, (index + 1) * size));
  }

  /** @linux drivers/of/irq.c of_irq_parse_raw */
  #followed(interrupt: Interrupt): FdtNode | null {
    let { np, args, address } = interrupt;
    let found = np;
    if (args.length !== firstCell(np, '#interrupt-cells')) return null;
    for (let steps = 0; steps < longestWay; steps++) {
      if (args.length + address.length > MAX_PHANDLE_ARGS) return null;
      const mapped = np.properties.has('interrupt-map');
      const controls = np.properties.has('interrupt-controller');
      if (controls && (!mapped || matches(np, abusers))) return found;
      if (!mapped) {
        const above = this.#parentOf(np);
        if (above === null) return null;
        np = above;
        continue;
      }
      const key = [...address, ...args];
      const next = this.#mapOf(np, key.length).get(keyOf(key, np));
      if (next === undefined) return null;
      if (next.np === np) return np;
      ({ np, args, address } = next);
      found = np;
    }
    return null;
  }

  #mapOf(node: FdtNode, width: number): InterruptMap {
    const ofNode = this.#maps.get(node) ?? new Map<number, InterruptMap>();
    this.#maps.set(node, ofNode);
    const known = ofNode.get(width);
    if (known !== undefined) return known;
    const map = new Map<string, Interrupt>();
    for (const { key, to } of this.#rowsOf(node, width)) {
      const masked = keyOf(key, node);
      if (!map.has(masked) && isAvailable(to.np)) map.set(masked, to);
    }
    ofNode.set(width, map);
    return map;
  }

  /** Each row is as long as its parent says. @linux drivers/of/irq.c of_irq_parse_imap_parent */
  *#rowsOf(node: FdtNode, width: number): Generator<{ key: readonly number[]; to: Interrupt }> {
    const words = wholeCells(propertyOf(node, 'interrupt-map'));
    for (let at = 0; at + width + 1 < words.length; ) {
      const key = words.slice(at, at + width);
      at += width;
      const np = this.#fdt.phandles.get(words[at] ?? 0);
      const count = np === undefined ? null : firstCell(np, '#interrupt-cells');
      if (np === undefined || count === null) return;
      const addressCells = firstCell(np, '#address-cells') ?? 0;
      const args = at + 1 + addressCells;
      const end = args + count;
      if (addressCells + count > MAX_PHANDLE_ARGS || end > words.length) return;
      yield { key, to: { np, address: words.slice(at + 1, args), args: words.slice(args, end) } };
      at = end;
    }
  }

  /** @linux drivers/of/irq.c of_irq_find_parent */
  #parentOf(node: FdtNode): FdtNode | null {
    const seen = new Set<FdtNode>();
    for (let at: FdtNode | null = node; at !== null && !seen.has(at); ) {
      seen.add(at);
      const phandle = firstCell(at, 'interrupt-parent');
      at = phandle === null ? at.parent : (this.#fdt.phandles.get(phandle) ?? null);
      if (at?.properties.has('#interrupt-cells') === true) return at;
    }
    return null;
  }
}

function keyOf(cellsOfKey: readonly number[], nexus: FdtNode): string {
  const given = propertyOf(nexus, 'interrupt-map-mask');
  const mask = given === undefined ? null : wholeCells(given);
  return cellsOfKey.map((cell, i) => (cell & (mask === null ? -1 : (mask[i] ?? 0))) >>> 0).join();
}

/** Of the nearest that says so. */
function addressCellsAbove(node: FdtNode): number {
  for (let at: FdtNode | null = node; at !== null; at = at.parent)
    if (at.properties.has('#address-cells')) return firstCell(at, '#address-cells') ?? 2;
  return 2;
}

/** @linux drivers/of/base.c of_bus_n_addr_cells */
function ownAddressCells(node: FdtNode): number {
  for (let at: FdtNode | null = node; at !== null; at = at.parent) {
    const count = firstCell(at, '#address-cells');
    if (count !== null) return count;
  }
  return 1;
}
