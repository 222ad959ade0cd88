// The nodes that a node of a devicetree names as its suppliers (drivers/of/property.c).

import {
  baseName,
  type FdtNode,
  type FdtProperty,
  propertyOf,
  specifiers,
  wholeCells,
} from '../../../firmware/fdt/index.ts';
import type { Release, SupplierBinding } from '../../../linux/index.ts';
import type { Machine } from '../../machine.ts';
import type { Interrupts } from './interrupts.ts';

type Tree = Pick<NonNullable<Machine['fdt']>, 'phandles'>;

/** A list ends where Linux finds no node. */
export function* suppliersOf(
  fdt: Tree,
  interrupts: Interrupts,
  node: FdtNode,
  strict: boolean,
  release: Release,
): Generator<FdtNode> {
  const later = new Set(
    release.postInitProviders ? phandles(fdt, node, 'post-init-providers') : [],
  );
  for (const supplier of named(fdt, interrupts, node, strict, release))
    if (!later.has(supplier)) yield supplier;
}

function* named(
  fdt: Tree,
  interrupts: Interrupts,
  node: FdtNode,
  strict: boolean,
  release: Release,
): Generator<FdtNode> {
  for (const [name, prop] of node.properties) {
    const binding = release.suppliers.find((known) => isNamed(known, name));
    if (binding !== undefined) {
      if ((binding.optional === true && !strict) || isHog(node, name)) continue;
      yield* binding.cells === undefined
        ? phandles(fdt, node, name)
        : listed(fdt, prop, binding.cells, binding.name === name ? release.cellsDefault : null);
    } else if (name === 'iommu-map' && strict) yield* phandles(fdt, node, name, 1, 4);
    else if (name === 'interrupts' || name === 'interrupts-extended')
      yield* interrupts.controllersOf(node);
    else if (name === 'interrupt-map' && release.interruptMaps) yield* interrupts.handedOnBy(node);
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
  const words = wholeCells(propertyOf(node, name));
  for (let at = first; at < words.length; at += step) {
    const found = fdt.phandles.get(words[at] ?? 0);
    if (found === undefined) return;
    yield found;
  }
}

/**
 * What is at the other end of the graph's edges that leave a device: each is named by both. Those of a
 * part that says what it is, such as a camera on a bus, are its own.
 */
export function* endpointsOf(fdt: Tree, node: FdtNode, within: FdtNode = node): Generator<FdtNode> {
  for (const part of within.children) {
    if (part.properties.has('compatible')) continue;
    const [end] = phandles(fdt, part, 'remote-endpoint');
    const whole = end === undefined ? null : portParentOf(end);
    if (whole !== null && portParentOf(part) === node) yield whole;
    yield* endpointsOf(fdt, node, part);
  }
}

/** What an endpoint is part of: a port, perhaps one of several, is between. @linux drivers/of/property.c of_graph_get_port_parent */
function portParentOf(endpoint: FdtNode): FdtNode | null {
  const above = endpoint.parent?.parent ?? null;
  const several = above !== null && /^(?:in-|out-)?ports$/.test(baseName(above));
  return several ? above.parent : above;
}
