import type { Task } from '../../explore/index.ts';
import {
  compatibleOf,
  type FdtNode,
  type FdtProperty,
  isAvailable,
  mapEntries,
  propertyOf,
  specifiers,
} from '../../firmware/fdt/index.ts';
import { big, Pointer, type Scalar, type Thread } from '../../llvm/index.ts';
import { type References, textAt } from '../api/index.ts';
import {
  type ByHand,
  type ByName,
  EINVAL,
  ENODATA,
  ENODEV,
  ENOENT,
  errno,
  returning,
} from '../by-hand.ts';
import type { Structs } from '../structs.ts';
import type { Nodes } from './nodes.ts';

/** Look-ups in a devicetree that never changes: `drivers/of/base.c`, `property.c`, `address.c`. */
export function lookUps(structs: Structs, nodes: Nodes, references: References): ByName {
  /** A reference to a node; to none where firmware of another kind is named. */
  function* get(thread: Thread, np: Scalar): Task<Scalar> {
    const node = nodes.node(np);
    if (node !== null) references.get(thread, nodes.variable(node));
    return np;
  }

  function* put(thread: Thread, np: Scalar): Task<Scalar> {
    const node = nodes.node(np);
    if (node !== null) references.put(thread, nodes.variable(node));
    return 0;
  }

  function* parse(
    thread: Thread,
    np: Scalar,
    list: Scalar,
    cells: Scalar,
    cellCount: Scalar,
    index: Scalar,
    out: Scalar,
  ): Task<Scalar> {
    const at = Number(BigInt.asIntN(32, big(index)));
    if (at < 0) return errno(EINVAL);
    const node = nodes.node(np);
    const property = node?.properties.get(yield* textAt(thread, list));
    if (property === undefined) return errno(ENOENT);
    const count = Number(BigInt.asIntN(32, big(cellCount)));
    const name = big(cells) === 0n ? '' : yield* textAt(thread, cells);
    const entries = specifiers(nodes.tree, property, name, count < 0 ? null : count);
    const entry = entries[at];
    if (entry === undefined) return errno(ENOENT);
    if (!entry.ok) return errno(EINVAL);
    if (big(out) === 0n) return 0;
    const args = structs.at(out, 'of_phandle_args', 'args');
    const found = yield* get(thread, nodes.variable(entry.node).at(0));
    yield* structs.store(thread, out, 'of_phandle_args', 'np', found);
    yield* structs.store(thread, out, 'of_phandle_args', 'args_count', entry.args.length);
    for (const [i, arg] of entry.args.entries())
      yield* thread.memory.store(further(args, 4 * i), 4, arg);
    return 0;
  }

  /** The first row of `iommu-map` that has an ID. */
  function mapped(np: Scalar, id: Scalar): { readonly np: Scalar; readonly id: number } | null {
    const map = nodes.node(np)?.properties.get('iommu-map');
    if (map === undefined) return null;
    const from = Number(big(id));
    const { entries } = mapEntries(nodes.tree, map);
    const row = entries.find((of) => of.inputBase <= from && from < of.inputBase + of.length);
    if (row === undefined || row.node === null) return null;
    return { np: nodes.variable(row.node).at(0), id: row.outputBase + from - row.inputBase };
  }

  /** Older kernels take one cell, whatever `#iommu-cells` says. */
  function* mapId(
    thread: Thread,
    np: Scalar,
    id: Scalar,
    _map: Scalar,
    _mask: Scalar,
    target: Scalar,
    out: Scalar,
  ): Task<Scalar> {
    const found = mapped(np, id);
    if (found === null) return errno(ENODEV);
    yield* thread.memory.store(target, 8, yield* get(thread, found.np));
    yield* thread.memory.store(out, 4, found.id);
    return 0;
  }

  function* mapIommuId(thread: Thread, np: Scalar, id: Scalar, out: Scalar): Task<Scalar> {
    const found = mapped(np, id);
    if (found === null) return errno(ENODEV);
    yield* structs.store(thread, out, 'of_phandle_args', 'np', yield* get(thread, found.np));
    yield* structs.store(thread, out, 'of_phandle_args', 'args_count', 1);
    yield* thread.memory.store(structs.at(out, 'of_phandle_args', 'args'), 4, found.id);
    return 0;
  }

  function* isThere(_thread: Thread, np: Scalar): Task<Scalar> {
    const node = nodes.node(np);
    return node !== null && isAvailable(node) ? 1 : 0;
  }

  /** The entry of a driver's table for what comes first in the compatibles of a node. */
  function* match(thread: Thread, table: Scalar, np: Scalar): Task<Scalar> {
    const node = nodes.node(np);
    if (node === null || big(table) === 0n) return 0n;
    const wanted = compatibleOf(node);
    const size = structs.size('of_device_id');
    let best: Scalar = 0n;
    let rank = wanted.length;
    for (let entry = structs.at(table, 'of_device_id', 'name'); ; entry = further(entry, size)) {
      const texts: string[] = [];
      for (const field of ['name', 'type', 'compatible'])
        texts.push(yield* textAt(thread, structs.at(entry, 'of_device_id', field)));
      const [name, type, compatible] = texts as [string, string, string];
      if (name + type + compatible === '') return best;
      if (name + type !== '') thread.memory.fail('a match by name or type is not modelled');
      const at = wanted.indexOf(compatible);
      if (at < 0 || at >= rank) continue;
      best = entry;
      rank = at;
    }
  }

  /** No bus here says how it sees memory: so DMA goes everywhere. */
  function* dmaRange(thread: Thread, np: Scalar): Task<Scalar> {
    for (let node = nodes.node(np); node !== null; node = node.parent)
      if (propertyOf(node, 'dma-ranges') !== undefined)
        thread.memory.fail('dma-ranges in the devicetree is not modelled');
    return errno(ENODEV);
  }

  function* parent(thread: Thread, np: Scalar): Task<Scalar> {
    return yield* get(thread, pointerTo(nodes.node(np)?.parent));
  }

  /** The reference to the node becomes one to its parent. */
  function* nextParent(thread: Thread, np: Scalar): Task<Scalar> {
    const found = yield* parent(thread, np);
    yield* put(thread, np);
    return found;
  }

  function* dmaParent(thread: Thread, np: Scalar): Task<Scalar> {
    const node = nodes.node(np);
    if (node !== null && propertyOf(node, 'interconnect-names') !== undefined)
      thread.memory.fail('interconnects in the devicetree are not modelled');
    return yield* parent(thread, np);
  }

  /** Whether caches see its DMA: what is said nearest above it, and by default they do not. */
  function* isCoherent(_thread: Thread, np: Scalar): Task<Scalar> {
    for (let node = nodes.node(np); node !== null; node = node.parent) {
      if (propertyOf(node, 'dma-coherent') !== undefined) return 1;
      if (propertyOf(node, 'dma-noncoherent') !== undefined) return 0;
    }
    return 0;
  }

  /** The node first: whatever else the device has been given. */
  function* fwnodeOf(thread: Thread, dev: Scalar): Task<Scalar> {
    const node = yield* structs.load(thread, dev, 'device', 'of_node');
    if (big(node) !== 0n) return structs.at(node, 'device_node', 'fwnode');
    return yield* structs.load(thread, dev, 'device', 'fwnode');
  }

  function* property(thread: Thread, np: Scalar, name: Scalar): Task<FdtProperty | null> {
    return nodes.node(np)?.properties.get(yield* textAt(thread, name)) ?? null;
  }

  function* find(thread: Thread, np: Scalar, name: Scalar, length: Scalar): Task<Scalar> {
    const found = yield* property(thread, np, name);
    if (found === null) return 0n;
    if (big(length) !== 0n) yield* thread.memory.store(length, 4, found.value.length);
    return nodes.property(found).at(0);
  }

  function* value(thread: Thread, np: Scalar, name: Scalar, length: Scalar): Task<Scalar> {
    const found = yield* find(thread, np, name, length);
    return big(found) === 0n ? 0n : yield* structs.load(thread, found, 'property', 'value');
  }

  function* count(thread: Thread, np: Scalar, name: Scalar, size: Scalar): Task<Scalar> {
    const found = yield* property(thread, np, name);
    const each = Number(big(size));
    if (found === null) return errno(EINVAL);
    if (found.value.length === 0) return errno(ENODATA);
    if (found.value.length % each !== 0) return errno(EINVAL);
    return found.value.length / each;
  }

  const pointerTo = (node: FdtNode | null | undefined): Scalar =>
    node === null || node === undefined ? 0n : nodes.variable(node).at(0);

  /** A node by its names from the root; the kernel knows more ways to name one. */
  function* byPath(thread: Thread, path: Scalar, options: Scalar): Task<Scalar> {
    const text = yield* textAt(thread, path);
    if (!text.startsWith('/') || text.includes(':'))
      thread.memory.fail(`"${text}": aliases and options of a path are not modelled`);
    if (big(options) !== 0n) yield* thread.memory.store(options, 8, 0n);
    let node: FdtNode | undefined = nodes.tree.root;
    for (const name of text.split('/').filter((part) => part !== ''))
      node = node?.children.find((child) => child.name === name);
    return yield* get(thread, pointerTo(node));
  }

  /** How well a node is what a name says: the better, the earlier it says so. */
  function* fits(thread: Thread, node: FdtNode | null, name: Scalar): Task<Scalar> {
    const wanted = (yield* textAt(thread, name)).toLowerCase();
    const names = node === null ? [] : compatibleOf(node);
    const at = names.findIndex((one) => one.toLowerCase() === wanted);
    return at < 0 ? 0 : 2 ** 30 - 1 - 4 * at;
  }

  /** Nobody here has one of the lists that are walked like this. */
  function* walk(thread: Thread, _it: Scalar, np: Scalar, name: Scalar): Task<Scalar> {
    if ((yield* property(thread, np, name)) !== null)
      thread.memory.fail(`${yield* textAt(thread, name)} in the devicetree is not modelled`);
    return errno(ENOENT);
  }

  return {
    of_map_id: mapId as ByHand,
    of_map_iommu_id: mapIommuId as ByHand,
    of_phandle_iterator_init: walk as ByHand,
    of_phandle_iterator_next: returning(errno(ENOENT)),
    of_find_property: find as ByHand,
    of_get_property: value as ByHand,
    of_property_count_elems_of_size: count as ByHand,
    *of_property_read_bool(thread, np = 0n, name = 0n) {
      return (yield* property(thread, np, name)) === null ? 0 : 1;
    },
    __of_get_dma_parent: dmaParent as ByHand,
    of_get_parent: parent as ByHand,
    of_get_next_parent: nextParent as ByHand,
    of_find_node_opts_by_path: byPath as ByHand,
    *of_device_is_compatible(thread, np = 0n, name = 0n) {
      return yield* fits(thread, nodes.node(np), name);
    },
    *of_machine_is_compatible(thread, name = 0n) {
      return yield* fits(thread, nodes.tree.root, name);
    },
    __of_parse_phandle_with_args: parse as ByHand,
    of_device_is_available: isThere as ByHand,
    of_match_node: match as ByHand,
    of_dma_get_range: dmaRange as ByHand,
    of_dma_is_coherent: isCoherent as ByHand,
    of_node_put: put as ByHand,
    of_node_get: get as ByHand,
    fwnode_handle_put: put as ByHand,
    fwnode_handle_get: get as ByHand,
    __dev_fwnode: fwnodeOf as ByHand,
    __dev_fwnode_const: fwnodeOf as ByHand,
  };
}

function further(pointer: Scalar, bytes: number): Scalar {
  return pointer instanceof Pointer ? pointer.memory.at(pointer.offset + bytes) : pointer;
}
