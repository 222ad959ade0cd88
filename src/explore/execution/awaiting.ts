import { addressOf, kindOf } from '../program/dependence.ts';
import { Store, type Until } from '../program/objects/cell.ts';
import { FREE, WRITE } from '../program/op.ts';
import type { Run } from './run.ts';

/**
 * The event that a task which waits for a value loses against: the last before which it could have
 * gone on; -1 if it could not go on at any time. It need not be the last that changed the cell: a
 * task that waits for 1 and finds 1, 0, 1 comes after all three, and can be moved before the 0, but
 * not before the second 1.
 */
export function lastChance(run: Run, until: Until<unknown>): number {
  const { address } = until;
  const lifetime = run.names.lifetime[address] as number;
  for (let event = run.length - 1; event >= 0; event--) {
    const foot = run.foot[event] as number;
    const kind = kindOf(foot);
    const stores = kind === WRITE && addressOf(foot) === address;
    if (!stores && !(kind === FREE && addressOf(foot) === lifetime)) continue;
    const operation = run.operation[event];
    // One that came to nothing found the object freed. Whoever waits for it then need not wait.
    if (operation?.done !== true) return event;
    if (
      until.accepts(operation instanceof Store ? operation.before : valueAfter(run, until, event))
    )
      return event;
  }
  return -1;
}

/** What the cell holds after `event`. */
function valueAfter(run: Run, { address, cell }: Until<unknown>, event: number): unknown {
  for (let later = event + 1; later < run.length; later++) {
    const store = storeTo(run, address, later);
    if (store !== null) return store.before;
  }
  return cell.value;
}

/** What the cell holds when only some of its stores have happened, which are a beginning of all. */
export function valueAt(
  run: Run,
  { address, cell }: Until<unknown>,
  happened: (event: number) => boolean,
): unknown {
  for (let event = 0; event < run.length; event++) {
    const store = storeTo(run, address, event);
    if (store !== null && !happened(event)) return store.before;
  }
  return cell.value;
}

function storeTo(run: Run, address: number, event: number): Store<unknown, unknown> | null {
  const foot = run.foot[event] as number;
  if (kindOf(foot) !== WRITE || addressOf(foot) !== address) return null;
  const operation = run.operation[event];
  return operation instanceof Store && operation.done ? operation : null;
}
