import { ref_get, ref_put, type Task } from '../../../explore/index.ts';
import {
  type FdtNode,
  type FdtProperty,
  isAvailable,
  propertyOf,
} from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EFAULT, EINVAL, ENODEV, type errno } from '../../include/linux/errno.ts';
import { type fwnode_handle, to_of_node } from '../../include/linux/fwnode.ts';
import type { of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { entryFor, type IdMap, type MapEntry } from './id-map.ts';

// The devicetree does not change while the model runs, so reading it is no scheduling point.

/** @linux drivers/of/dynamic.c of_node_get */
export function* of_node_get(k: kernel, np: FdtNode | null): Task {
  if (np !== null) yield* ref_get(k.of_node(np));
}

/** @linux drivers/of/dynamic.c of_node_put */
export function* of_node_put(k: kernel, np: FdtNode): Task {
  yield* ref_put(k.of_node(np));
}

/** Nodes of ACPI have no count. @linux drivers/base/property.c fwnode_handle_put */
export function* fwnode_handle_put(k: kernel, fwnode: fwnode_handle | null): Task {
  const np = to_of_node(fwnode);
  if (np !== null) yield* ref_put(k.of_node(np));
}

/** @linux drivers/of/base.c of_device_is_available */
export function of_device_is_available(np: FdtNode): boolean {
  return isAvailable(np);
}

/**
 * The specifier at `index`, or null when the list ends there or cannot be read up to there.
 *
 * @linux drivers/of/base.c of_parse_phandle_with_args
 */
export function of_parse_phandle_with_args(
  k: kernel,
  dev: device,
  np: FdtNode,
  list_name: string,
  cells_name: string,
  index: number,
): of_phandle_args | null {
  const property = propertyOf(np, list_name);
  if (property === undefined) return null;
  const entry = k.specifiersOf(property, cells_name)[index];
  if (entry === undefined) return null;
  if (!entry.ok) {
    const { expected, found } = entry.problem;
    k.dev_warn(dev, `${np.path} ${list_name}: expected ${expected}, found ${found}`);
    return null;
  }
  return { np: entry.node, args: entry.args };
}

/** What a map made of an id: an error, or a target; the target is null when no entry covers the id. */
export type Mapped =
  | { readonly error: errno }
  | {
      readonly target: FdtNode | null;
      readonly args: readonly number[];
      /** The words of the entry. */
      readonly entry?: { readonly at: number; readonly count: number };
    };

/** How many output cells an entry of a map has, by its target: one for all, whatever that wants. */
export function outputCells(
  _k: kernel,
  _map: FdtProperty,
  _cells_name: string,
): (target: FdtNode) => number {
  return () => 1;
}

/** What `iommu-map` makes of an id in the kernel's design. It is no scheduling point. */
export function mapIommuId(k: kernel, dev: device, np: FdtNode, id: number): Mapped {
  const { of_map_id } = k.design.functions;
  return of_map_id(k, dev, np, id, 'iommu-map', 'iommu-map-mask', '#iommu-cells');
}

/**
 * Look an id up in `iommu-map`. The first entry that covers it wins; an id that none covers is not
 * an error.
 *
 * @linux drivers/of/base.c of_map_id
 */
export function of_map_id(
  k: kernel,
  dev: device,
  np: FdtNode,
  id: number,
  map_name: string,
  map_mask_name: string,
  _cells_name: string,
): Mapped {
  const map = propertyOf(np, map_name);
  if (map === undefined) return { error: -ENODEV };
  if (map.value.length === 0 || map.value.length % 16 !== 0) {
    k.dev_err(dev, `${np.path}: Bad ${map_name} length: ${map.value.length}`);
    return { error: -EINVAL };
  }
  const map_mask = firstCell(np, map_mask_name) ?? 0xffffffff;
  const masked_id = (id & map_mask) >>> 0;
  const found = entryFor(map, masked_id, of_map_id, () => readMap(k.wordsOf(map), map_mask));
  if (found !== null && 'trouble' in found) {
    k.dev_err(
      dev,
      `${np.path}: Invalid ${map_name} translation: ${map_mask_name} (0x${map_mask.toString(16)}) ignores id-base (0x${found.trouble.toString(16)})`,
    );
    return { error: -EFAULT };
  }
  if (found !== null) {
    const { from, phandle, out_base, at } = found.entry;
    const target = k.fdt?.phandles.get(phandle);
    if (target === undefined) return { error: -ENODEV };
    const args = [(masked_id - from + out_base) >>> 0];
    return { target, args, entry: { at, count: 4 } };
  }
  k.dev_info(dev, `${np.path}: no ${map_name} translation for id 0x${id.toString(16)}`);
  return { target: null, args: [id] };
}

interface Entry extends MapEntry {
  readonly phandle: number;
  readonly out_base: number;
  /** Which word it begins with. */
  readonly at: number;
}

/** Entries of 4 cells, up to one whose base the mask would cut: that base is the trouble. */
function readMap(words: readonly number[], map_mask: number): IdMap<Entry, number> {
  const entries: Entry[] = [];
  for (let at = 0; at + 3 < words.length; at += 4) {
    const [from, phandle, out_base, length] = words.slice(at, at + 4) as Four;
    if ((from & ~map_mask) !== 0) return { entries, trouble: from };
    // 32-bit sums, as in C: a range past the end wraps and covers nothing.
    entries.push({ from, until: (from + length) >>> 0, phandle, out_base, at });
  }
  return { entries, trouble: null };
}

type Four = [number, number, number, number];

/** The first cell of a property; null where there is none. */
export function firstCell(np: FdtNode, name: string): number | null {
  const value = propertyOf(np, name)?.value;
  if (value === undefined || value.length < 4) return null;
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}
