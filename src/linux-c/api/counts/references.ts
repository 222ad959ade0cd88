import { look, setIn } from '../../../explore/index.ts';
import type { Machine, Thread, Variable } from '../../../llvm/index.ts';

/**
 * References to what a machine is made of: its devices, and nodes of its devicetree. Each has one from whoever made
 * it, which nobody here gives up; so whoever takes the last one has put more than were got, and what is used from
 * then on has been freed. They are counted beside the search: taking and dropping one keeps nobody apart, and what
 * they come to at the end does not depend on the order.
 */
export class References {
  readonly #of = new WeakMap<Machine, Map<Variable, number>>();

  #counts(machine: Machine): Map<Variable, number> {
    const counts = this.#of.get(machine) ?? new Map<Variable, number>();
    this.#of.set(machine, counts);
    return counts;
  }

  #change({ machine, world }: Thread, of: Variable, by: number): void {
    const counts = this.#counts(machine);
    setIn(world, counts, of, look(world, () => counts.get(of) ?? 1) + by);
  }

  get(thread: Thread, of: Variable): void {
    this.#change(thread, of, 1);
  }

  put(thread: Thread, of: Variable): void {
    this.#change(thread, of, -1);
  }

  /** What has no reference left, for whoever is no task; null for nothing. */
  freed(machine: Machine): Variable | null {
    for (const [of, count] of this.#counts(machine)) if (count < 1) return of;
    return null;
  }
}
