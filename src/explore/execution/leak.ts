import { Sequence } from '../../util/index.ts';
import { Cell } from '../program/objects/cell.ts';
import { Struct } from '../program/objects/heap.ts';
import { Pointing } from '../program/objects/pointing.ts';
import type { World } from '../program/world.ts';

/** Heap objects that are still allocated but that nothing in the world leads to any more. */
export function leaked({ heap, roots }: World): Struct[] {
  const live = (heap as Struct[]).filter((object) => !object.freed);
  if (live.length === 0) return live;
  // Most pointers are in cells; look elsewhere only for objects that these do not lead to.
  const lost = new Walk(live, false).from(roots);
  return lost.length === 0 ? lost : new Walk(live, true).from(roots);
}

/** A walk along pointers, from what lives as long as the world. */
class Walk {
  /** Objects that were not come by yet. */
  readonly #lost: Set<unknown>;
  /** Whether to look into fields that are no cells, too. */
  readonly #everywhere: boolean;
  readonly #seen = new Set<unknown>();
  readonly #work: unknown[] = [];

  constructor(live: readonly Struct[], everywhere: boolean) {
    this.#lost = new Set(live);
    this.#everywhere = everywhere;
  }

  /** Walk until nothing is lost, or there is nowhere to go. Returns what is. */
  from(roots: readonly unknown[]): Struct[] {
    for (const root of roots) {
      this.#lost.delete(root);
      for (let at = root; at !== undefined; at = this.#work.pop()) this.#enter(at);
      if (this.#lost.size === 0) break;
    }
    return [...this.#lost] as Struct[];
  }

  #enter(value: unknown): void {
    try {
      this.#look(value as object);
    } catch {
      // A proxy or a getter that throws leads nowhere.
    }
  }

  /** A pointer leads somewhere. Roots are looked into anyway. */
  #add(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (value instanceof Struct ? !value.fromHeap : value instanceof Cell && value.owner === null)
      return;
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    this.#lost.delete(value);
    this.#work.push(value);
  }

  /** Follow what is in a value. */
  #look(value: object): void {
    if (value instanceof Cell) {
      this.#add(value.value);
    } else if (value instanceof Struct) {
      if (value.freed) return;
      for (const cell of value.cells) this.#add(cell.value);
      if (this.#everywhere) this.#addFields(value);
    } else if (Array.isArray(value) || value instanceof Set || value instanceof Sequence) {
      this.#addAll(value);
    } else if (value instanceof Map) {
      this.#addAll(value.keys());
      this.#addAll(value.values());
    } else if (value instanceof Pointing) {
      this.#add(value.object);
    } else if (isPlain(value)) {
      this.#addAll(Object.values(value));
    }
  }

  #addFields(object: Struct): void {
    for (const field of Object.values(object)) {
      // Nothing but the object leads to its own cells, and what is in them is known.
      if (!(field instanceof Cell && field.owner === object)) this.#add(field);
    }
  }

  #addAll(values: Iterable<unknown>): void {
    for (const value of values) this.#add(value);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
