// The nodes that a node of a devicetree names as its suppliers (drivers/of/property.c).

import { cells, type FdtNode, type FdtProperty, specifiers } from '../../firmware/fdt/index.ts';
import { firstCell, type Release, type SupplierBinding } from '../../linux/index.ts';
import type { Machine } from '../machine.ts';

type Tree = Pick<NonNullable<Machine['fdt']>, 'phandles'>;

/** A list ends where Linux finds no node. */
export function* suppliersOf(
  fdt: Tree,
  node: FdtNode,
  strict: boolean,
  release: Release,
): Generator<FdtNode> {
  const later = new Set(
    release.postInitProviders ? phandles(fdt, node, 'post-init-providers') : [],
  );
  for (const supplier of named(fdt, node, strict, release))
    if (!later.has(supplier)) yield supplier;
}

function* named(fdt: Tree, node: FdtNode, strict: boolean, release: Release): Generator<FdtNode> {
  for (const [name, prop] of node.properties) {
    const binding = release.suppliers.find((known) => isNamed(known, name));
    if (binding !== undefined) {
      if ((binding.optional === true && !strict) || isHog(node, name)) continue;
      yield* binding.cells === undefined
        ? phandles(fdt, node, name)
        : listed(fdt, prop, binding.cells, binding.name === name ? release.cellsDefault : null);
    } else if (name === 'iommu-map' && strict) yield* phandles(fdt, node, name, 1, 4);
    else if (name === 'interrupts') yield* controllerOf(fdt, node);
    else if (name === 'interrupts-extended') yield* listed(fdt, prop, '#interrupt-cells', null);
    else if (name === 'interrupt-map' && release.interruptMaps)
      yield* interruptMap(fdt, node, prop);
  }
}

/** A line that its own controller holds. */
function isHog(node: FdtNode, name: string): boolean {
  return /^gpios?$/.test(name) && node.properties.has('gpio-hog');
}

function isNamed({ name: wanted, cells: count }: SupplierBinding, name: string): boolean {
  if (typeof wanted === 'string') return wanted === name;
  return wanted.test(name) && !(count === '#gpio-cells' && name.endsWith(',nr-gpios'));
}

function* listed(
  fdt: Tree,
  prop: FdtProperty,
  count: string,
  cellsDefault: number | null,
): Generator<FdtNode> {
  for (const entry of specifiers(fdt, prop, count, cellsDefault)) {
    if (!entry.ok) return;
    yield entry.node;
  }
}

function* phandles(
  fdt: Tree,
  node: FdtNode,
  name: string,
  first = 0,
  step = 1,
): Generator<FdtNode> {
  const words = wordsOf(node, name);
  for (let at = first; at < words.length; at += step) {
    const found = fdt.phandles.get(words[at] ?? 0);
    if (found === undefined) return;
    yield found;
  }
}

/** As many as are whole. */
function wordsOf(node: FdtNode, name: string): readonly number[] {
  const prop = node.properties.get(name);
  if (prop === undefined) return [];
  return cells({ ...prop, value: prop.value.subarray(0, prop.value.length & ~3) });
}

/** What interrupts end up at; what a nexus makes of them is not followed. */
function* controllerOf(fdt: Tree, node: FdtNode): Generator<FdtNode> {
  const seen = new Set<FdtNode>();
  for (let at = parentOf(fdt, node); at !== null && !seen.has(at); at = parentOf(fdt, at)) {
    seen.add(at);
    if (at.properties.has('interrupt-map')) return;
    if (at.properties.has('interrupt-controller')) return yield at;
  }
}

/** @linux drivers/of/irq.c of_irq_find_parent */
function parentOf(fdt: Tree, node: FdtNode): FdtNode | null {
  const seen = new Set<FdtNode>();
  for (let at: FdtNode | null = node; at !== null && !seen.has(at); ) {
    seen.add(at);
    const phandle = firstCell(at, 'interrupt-parent');
    at = phandle === null ? at.parent : (fdt.phandles.get(phandle) ?? null);
    if (at?.properties.has('#interrupt-cells') === true) return at;
  }
  return null;
}

/** Each row is as long as its controller says. @linux drivers/of/property.c parse_interrupt_map */
function* interruptMap(fdt: Tree, node: FdtNode, { name }: FdtProperty): Generator<FdtNode> {
  const own = firstCell(node, '#interrupt-cells');
  if (own === null) return;
  const words = wordsOf(node, name);
  const key = addressCells(node) + own;
  for (let at = key; at < words.length; at += key) {
    const found = fdt.phandles.get(words[at] ?? 0);
    const count = found === undefined ? null : firstCell(found, '#interrupt-cells');
    if (found === undefined || count === null) return;
    at += 1 + (firstCell(found, '#address-cells') ?? 0) + count;
    if (at > words.length) return;
    yield found;
  }
}

/** @linux drivers/of/base.c of_bus_n_addr_cells */
function addressCells(node: FdtNode): number {
  for (let at: FdtNode | null = node; at !== null; at = at.parent) {
    const count = firstCell(at, '#address-cells');
    if (count !== null) return count;
  }
  return 1;
}

/** What is at the other end of the graph's edges that leave a device: each is named by both. */
export function* endpointsOf(
  fdt: Tree,
  node: FdtNode,
  isDevice: (part: FdtNode) => boolean,
): Generator<FdtNode> {
  for (const part of node.children) {
    if (isDevice(part)) continue;
    const [end] = phandles(fdt, part, 'remote-endpoint');
    if (end?.parent != null) yield end;
    yield* endpointsOf(fdt, part, isDevice);
  }
}
