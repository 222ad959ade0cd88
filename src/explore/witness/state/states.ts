// What an execution does to what tasks share, step by step: plain data, to be shown beside its trace.

/** Who has a lock, and who waits for it: tasks by their columns. */
export interface LockState {
  readonly holder: number | null;
  readonly waiting: readonly number[];
}

/** What a place holds: a value as the trace calls it, a list of them, or the state of a lock. */
export type Held = string | readonly string[] | LockState;

/** Something whose state can change. */
export interface StatePlace {
  /** As the trace calls it: `dev->iommu`, `A->fwspec`, `A`. */
  readonly name: string;
  /** Within its object: `fwspec`. */
  readonly label: string;
  /**
   * `field`: what tasks read and write; `lock`; `count`: of references; `life`: whether an object is
   * there; `task`: whether a task can go on.
   */
  readonly kind: 'field' | 'lock' | 'count' | 'life' | 'task';
  /** The object that it is a part of, by number; null where it is by itself. */
  readonly object: number | null;
  /** The tasks that touch it, by their columns. */
  readonly tasks: readonly number[];
}

/** An object, from the heap or there from the start. */
export interface StateObject {
  /** `A`, `dev`. */
  readonly name: string;
  /** `dev_iommu`; of one that has a name of its own, that. */
  readonly className: string;
  readonly fromHeap: boolean;
}

/** What a step changes. */
export interface StateChange {
  /** By number. */
  readonly place: number;
  readonly before: Held;
  readonly after: Held;
}

/** The state of an execution before its first step, and what each step changes. */
export interface States {
  readonly objects: readonly StateObject[];
  /** In the order in which they are met. */
  readonly places: readonly StatePlace[];
  /** By place, what it holds before the first step. */
  readonly initial: readonly Held[];
  /** By step of the trace. */
  readonly changes: readonly (readonly StateChange[])[];
}

/** The state after so many steps; goes from one to the next in as long as there are changes. */
export class StateCursor {
  readonly #states: States;
  readonly #held: Held[];
  #steps = 0;

  constructor(states: States) {
    this.#states = states;
    this.#held = [...states.initial];
  }

  /** How many steps have been made. */
  get steps(): number {
    return this.#steps;
  }

  /** What a place holds. */
  held(place: number): Held {
    return this.#held[place] ?? '';
  }

  /** Go to where so many steps have been made; no further than to the last. */
  go(steps: number): void {
    const { changes } = this.#states;
    const wanted = Math.max(0, Math.min(steps, changes.length));
    while (this.#steps < wanted)
      for (const { place, after } of changes[this.#steps++] ?? []) this.#held[place] = after;
    while (this.#steps > wanted)
      for (const { place, before } of (changes[--this.#steps] ?? []).toReversed())
        this.#held[place] = before;
  }
}

/** Of an object: it is not there yet; the other two are `allocated` and `freed`. */
export const notYet = 'not there yet';

/**
 * By place, how much it has to do with what decides: 0 it does itself, 1 it belongs to an object from the
 * heap that one of those is in or leads to, or an object that this one leads to, 2 several tasks touch it and it changes, or it is a task, 3 it
 * changes, 4 the rest.
 *
 * @param deciding names of places: where the steps that decide happen
 */
export function stateRanks(states: States, deciding: readonly string[]): readonly number[] {
  const { places, changes } = states;
  const itself = new Set(deciding);
  const near = nearTo(states, itself);
  const changed = new Set(changes.flat().map(({ place }) => place));
  return places.map(({ name, kind, object, tasks }, place) => {
    if (itself.has(name)) return 0;
    if (object !== null && near.has(object)) return 1;
    if (kind === 'task' || (tasks.length > 1 && changed.has(place))) return 2;
    return changed.has(place) ? 3 : 4;
  });
}

/** How far from a place that decides an object is of interest: `dev->iommu`, and from there its `fwspec`. */
const reach = 2;

/** The objects from the heap that these places are in or lead to, whatever they hold when. */
function nearTo(
  { places, objects, initial, changes }: States,
  names: ReadonlySet<string>,
): ReadonlySet<number> {
  const numbers = new Map(
    objects.flatMap(({ name, fromHeap }, i) => (fromHeap ? [[name, i] as const] : [])),
  );
  /** By place, the objects that it ever leads to. */
  const leads = initial.map((held) => new Set(pointersOf(held)));
  for (const { place, after } of changes.flat())
    for (const name of pointersOf(after)) leads[place]?.add(name);
  const near = new Set<number>();
  for (let far = 0; far < reach; far++) {
    const before = new Set(near);
    places.forEach(({ name, object }, i) => {
      if (!names.has(name) && (object === null || !before.has(object))) return;
      if (object !== null && objects[object]?.fromHeap === true) near.add(object);
      for (const pointer of leads[i] ?? []) {
        const found = numbers.get(pointer);
        if (found !== undefined) near.add(found);
      }
    });
  }
  return near;
}

function pointersOf(held: Held): readonly string[] {
  return typeof held === 'string' ? [held] : 'holder' in held ? [] : held;
}
