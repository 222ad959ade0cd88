import { Sequence } from '../../util/index.ts';
import { Cell } from '../program/cell.ts';
import { Struct } from '../program/heap.ts';
import type { World } from '../program/world.ts';

/** Heap objects that are still allocated but that nothing in the world leads to any more. */
export function leaked(world: World): Struct[] {
  const live = (world.heap as Struct[]).filter((object) => !object.freed);
  if (live.length === 0) return live;
  // Most pointers are in cells; look elsewhere only for objects that these do not lead to.
  const lost = without(live, reachable(world.roots, false));
  return lost.length === 0 ? lost : without(live, reachable(world.roots, true));
}

function without(objects: readonly Struct[], seen: ReadonlySet<unknown>): Struct[] {
  return objects.filter((object) => !seen.has(object));
}

function reachable(roots: readonly unknown[], everywhere: boolean): Set<unknown> {
  const seen = new Set<unknown>();
  const work: unknown[] = [...roots];
  while (work.length > 0) {
    const value = work.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    try {
      for (const inside of insideOf(value, everywhere)) work.push(inside);
    } catch {
      // A proxy or a getter that throws leads nowhere.
    }
  }
  return seen;
}

function* insideOf(value: object, everywhere: boolean): Generator<unknown> {
  if (value instanceof Struct) {
    if (value.freed) return;
    for (const cell of value.cells) yield cell.value;
    if (everywhere) yield* Object.values(value);
  } else if (value instanceof Cell) {
    yield value.value;
  } else if (Array.isArray(value) || value instanceof Set || value instanceof Sequence) {
    yield* value;
  } else if (value instanceof Map) {
    yield* value.keys();
    yield* value.values();
  } else if (isPlain(value)) {
    yield* Object.values(value);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
