import { nameOf } from './checks/check.ts';
import { guarded } from './checks/thrown.ts';
import type { Cell } from './objects/cell.ts';
import type { Task } from './op.ts';
import type { World } from './world.ts';

/** One of the tasks that race. */
export interface TaskSpec {
  /** Stands at the head of the task's column. */
  readonly name: string;
  readonly body: () => Task<unknown>;
  /** No allocation of this task, or of one that it starts, is made to fail. */
  readonly spared?: boolean;
}

/** What a property is called. */
interface NamedProperty {
  /** Says what must hold. Makes the fingerprint of its bug, so it is better not changed. */
  readonly name: string;
  /** What to call it when it does not hold, for people; the name unless said. */
  readonly title?: string | (() => string);
}

/** What must hold. */
export type Property = NamedProperty &
  /** After every event. `watched` are the cells it depends on: writes to them are kept in order. */
  (
    | {
        readonly kind: 'always';
        readonly watched: readonly Cell<never>[] | readonly Cell<unknown>[];
        readonly holds: () => boolean | string;
      }
    /** When all tasks are done and none crashed. A string says in which way it does not hold. */
    | { readonly kind: 'end'; readonly holds: () => boolean | string }
    /** At the end of at least one execution: guards against a program that cannot get anywhere. */
    | { readonly kind: 'sometimes'; readonly holds: () => boolean }
  );

/** What to call a property that does not hold. */
export function titleOfProperty({ title, name }: NamedProperty): string {
  if (typeof title !== 'function') return title ?? name;
  const text: unknown = guarded(() => `the title of property "${name}"`, title);
  return typeof text === 'string' ? text : nameOf(text);
}

/** The `sometimes` properties, each with a name that no other has. */
export function sometimesOf({ properties = [] }: Start): ReadonlyMap<string, Property> {
  const named = new Map<string, Property>();
  for (const property of properties) {
    if (property.kind !== 'sometimes') continue;
    let { name } = property;
    for (let n = 2; named.has(name); n++) name = `${property.name} #${n}`;
    named.set(name, property);
  }
  return named;
}

/** The state a program starts from, made anew for each execution. */
export interface Start {
  readonly tasks: readonly TaskSpec[];
  readonly properties?: readonly Property[];
}

/**
 * A finite concurrent program. `setup` is called once for each execution and must build everything
 * it touches from scratch, the same way each time.
 */
export interface Program {
  readonly name: string;
  readonly setup: (world: World) => Start;
  /** How many tasks there can be at most, those started on the way included. */
  readonly maxTasks?: number;
  /**
   * How many allocations of one execution may be made to fail; none unless said. Concerns
   * `kzallocOrNull()`: both the execution in which it succeeds and the one in which it fails are
   * explored.
   */
  readonly faults?: number;
  /**
   * Bodies run a program in another language, which cannot throw: an error that one throws is the interpreter's, and
   * ends the search. Otherwise it is a bug of the program.
   */
  readonly interprets?: boolean;
}
