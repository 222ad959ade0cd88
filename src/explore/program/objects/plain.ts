import type { World } from '../world.ts';
import type { Undoable } from './trail.ts';

// State of a program outside of cells: nobody races for it, so that touching it is no scheduling
// point. It must be changed through these, and where it can change it must be looked at through
// `look()`, or a search that goes back to an earlier point cannot restore it.

/** The field of an object, to be put back. */
class Field<T extends object, K extends keyof T> implements Undoable {
  readonly #of: T;
  readonly #name: K;

  constructor(of: T, name: K) {
    this.#of = of;
    this.#name = name;
  }

  putBack(before: unknown): void {
    this.#of[this.#name] = before as T[K];
  }
}

/** The entry of a map, to be put back. */
class Entry<K, V> implements Undoable {
  readonly #map: Map<K, V>;
  readonly #key: K;

  constructor(map: Map<K, V>, key: K) {
    this.#map = map;
    this.#key = key;
  }

  putBack(before: unknown): void {
    if (before === undefined) this.#map.delete(this.#key);
    else this.#map.set(this.#key, before as V);
  }
}

/** The length of a list, or the latest member of a set. */
class Latest implements Undoable {
  readonly #of: unknown[] | Set<unknown>;

  constructor(of: unknown[] | Set<unknown>) {
    this.#of = of;
  }

  putBack(before: unknown): void {
    if (Array.isArray(this.#of)) this.#of.length = before as number;
    else this.#of.delete(before);
  }
}

/** What a task finds in state that is in no cell. */
export function look<T>(world: World, find: () => T): T {
  return world.running === null ? find() : (world.running.see(find) as T);
}

/** `object[name] = value` */
export function assign<T extends object, K extends keyof T>(
  world: World,
  object: T,
  name: K,
  value: T[K],
): void {
  if (world.fed !== null) return;
  world.trail?.note(new Field(object, name), object[name]);
  object[name] = value;
}

/** `map.set(key, value)` */
export function setIn<K, V>(world: World, map: Map<K, V>, key: K, value: V): void {
  if (world.fed !== null) return;
  world.trail?.note(new Entry(map, key), map.get(key));
  map.set(key, value);
}

/** `set.add(value)` */
export function addTo<T>(world: World, set: Set<T>, value: T): void {
  if (world.fed !== null || set.has(value)) return;
  world.trail?.note(new Latest(set), value);
  set.add(value);
}

/** `list.push(value)` */
export function append<T>(world: World, list: T[], value: T): void {
  if (world.fed !== null) return;
  world.trail?.note(new Latest(list), list.length);
  list.push(value);
}

/** What the map has for a key; made by whoever asks first. */
export function madeFor<K, V>(world: World, map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = world.making(make);
  setIn(world, map, key, made);
  return made;
}
