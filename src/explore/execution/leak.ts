import { Sequence } from '../../util/index.ts';
import { Cell } from '../program/objects/cell.ts';
import { Struct } from '../program/objects/heap.ts';
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
      addInside(value, everywhere, work);
    } catch {
      // A proxy or a getter that throws leads nowhere.
    }
  }
  return seen;
}

/** Add what is in a value. */
function addInside(value: object, everywhere: boolean, work: unknown[]): void {
  if (value instanceof Cell) {
    work.push(value.value);
  } else if (value instanceof Struct) {
    if (value.freed) return;
    for (const cell of value.cells) work.push(cell.value);
    if (everywhere) addAll(Object.values(value), work);
  } else if (Array.isArray(value) || value instanceof Set || value instanceof Sequence) {
    addAll(value, work);
  } else if (value instanceof Map) {
    addAll(value.keys(), work);
    addAll(value.values(), work);
  } else if (isPlain(value)) {
    addAll(Object.values(value), work);
  }
}

function addAll(values: Iterable<unknown>, work: unknown[]): void {
  for (const value of values) if (typeof value === 'object' && value !== null) work.push(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
