import type { Access, Instruction } from '../../ir/instruction.ts';
import type { Order } from './code.ts';

/** Whether an instruction asks for less than sequential consistency. */
export function isWeaker(it: Instruction): boolean {
  const orders =
    it.op === 'cmpxchg' ? [it.ordering, it.failure] : 'ordering' in it ? [it.ordering] : [];
  return orders.some((order) => order !== null && order !== 'seq_cst');
}

/** What an access is to other threads. */
export function orderOf({ isVolatile, ordering }: Access): Order {
  if (ordering === null) return isVolatile ? 'marked' : 'plain';
  return ordering === 'unordered' || ordering === 'monotonic' ? 'marked' : 'ordered';
}
