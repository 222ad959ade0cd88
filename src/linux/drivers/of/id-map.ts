import type { FdtProperty } from '../../../firmware/fdt/index.ts';
import { FirstRange } from '../../../util/index.ts';

/** A map of IDs as far as it can be read, by a kernel's way to read it. */
export interface IdMap<E extends MapEntry, T> {
  readonly entries: readonly E[];
  /** Why it is read no further: an ID that no entry before has meets that. Null at the end. */
  readonly trouble: T | null;
}

/** IDs from `from` on and before `until`. */
export interface MapEntry {
  readonly from: number;
  readonly until: number;
}

interface Indexed {
  readonly map: IdMap<MapEntry, unknown>;
  readonly ranges: FirstRange;
}

// Linux goes over a map for each ID. It does not change, so it is read once here, and the first
// entry that has an ID is looked up.
const known = new WeakMap<FdtProperty, Map<unknown, Indexed>>();

/** The entry of a map that Linux takes for an ID, or what stops it before; null where there is none. */
export function entryFor<E extends MapEntry, T>(
  property: FdtProperty,
  id: number,
  reader: unknown,
  parse: () => IdMap<E, T>,
): { readonly entry: E } | { readonly trouble: T } | null {
  const ways = known.get(property) ?? new Map<unknown, Indexed>();
  known.set(property, ways);
  let indexed = ways.get(reader);
  if (indexed === undefined) {
    const map = parse();
    indexed = { map, ranges: new FirstRange(map.entries) };
    ways.set(reader, indexed);
  }
  const { entries, trouble } = indexed.map as IdMap<E, T>;
  const entry = entries[indexed.ranges.of(id)];
  if (entry !== undefined) return { entry };
  return trouble === null ? null : { trouble };
}
