import type { Access, Instruction, Ordering } from '../../ir/instruction.ts';
import type { Linked } from '../values/linked.ts';
import type { Order } from './code.ts';

/** Whether an instruction asks for less than sequential consistency. */
export function isWeaker(it: Instruction): boolean {
  const orders =
    it.op === 'cmpxchg' ? [it.ordering, it.failure] : 'ordering' in it ? [it.ordering] : [];
  return orders.some((order) => order !== null && order !== 'seq_cst');
}

/** What accesses of a program are to other threads. */
export class Orders {
  readonly #linked: Linked;
  /** Whether an access got an order from a fence. */
  usesFences = false;

  constructor(linked: Linked) {
    this.#linked = linked;
  }

  /** What a load or a store is. */
  of(kind: 'load' | 'store', { isVolatile, ordering }: Access): Order {
    if (ordering === null) return isVolatile ? 'marked' : 'plain';
    const isRelaxed = ordering === 'unordered' || ordering === 'monotonic';
    return isRelaxed && !this.#isFenced(kind === 'load', kind === 'store') ? 'marked' : 'ordered';
  }

  /** Whether a read-modify-write orders what is around it. */
  orders(...orderings: readonly (Ordering | null)[]): boolean {
    return orderings.some((one) => one !== 'monotonic') || this.#isFenced(true, true);
  }

  /**
   * What a fence orders is told by the accesses before or behind it. As nobody keeps account of these, all
   * relaxed ones of a program that has such a fence count as ordered: races may be missed, and none is made up.
   */
  #isFenced(reads: boolean, writes: boolean): boolean {
    const { acquires, releases } = this.#linked.fences;
    const isFenced = (reads && acquires) || (writes && releases);
    if (isFenced) this.usesFences = true;
    return isFenced;
  }
}
