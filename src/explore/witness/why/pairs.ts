import { addressOf, dependent, isLock, kindOf } from '../../program/dependence.ts';
import type { Failure } from '../../program/failure.ts';
import { FREE, READ, RELEASE, WRITE } from '../../program/op.ts';
import { makerOf } from '../origin.ts';
import type { Ran } from '../replay/ran.ts';

/**
 * Of a crash on memory: the event of another task that made what the failing event found (freed the
 * object, wrote the pointer), and the failing event, when the passing execution has the two the
 * other way round. That pair says more than another one whose reversal reverses it as well.
 */
export function remoteMaker(
  failing: Ran,
  passing: Ran,
  { kind, event }: Failure,
): readonly [number, number] | null {
  if (kind !== 'null-deref' && kind !== 'use-after-free' && kind !== 'double-free') return null;
  if (event === 'end' || event < 0) return null;
  const { run } = failing;
  const maker = makerOf(run, event, kind === 'null-deref' ? WRITE : FREE);
  if (maker < 0 || run.task[maker] === run.task[event]) return null;
  const there = sameEvent(failing, passing, event);
  if (there < 0) return null;
  const makerThere = sameEvent(failing, passing, maker);
  return makerThere < 0 || makerThere > there ? [maker, event] : null;
}

/** The event of another execution that is the same: as many of its task's, and with the same effect. */
function sameEvent(from: Ran, to: Ran, event: number): number {
  const { run } = to;
  for (let other = 0; other < run.length; other++) {
    if (run.task[other] !== from.run.task[event]) continue;
    if (run.ordinal[other] !== from.run.ordinal[event]) continue;
    return run.foot[other] === from.run.foot[event] ? other : -1;
  }
  return -1;
}

/**
 * Of two acquisitions of a lock: the two accesses that their critical sections put in an order, the
 * last of the first section and the first of the second that meet. Null when there are none.
 */
export function inside(
  ran: Ran,
  [first, second]: readonly [number, number],
): readonly [number, number] | null {
  const { run } = ran;
  if (second >= run.length) return null;
  if (!isLock(run.foot[first] as number) || !isLock(run.foot[second] as number)) return null;
  const before = section(ran, first).reverse();
  for (const b of section(ran, second)) {
    for (const a of before) {
      if (dependent(run.names, run.foot[a] as number, run.foot[b] as number)) return [a, b];
    }
  }
  return null;
}

/** The accesses of a task from an acquisition to the release of the lock. */
function section({ run }: Ran, taken: number): number[] {
  const accesses: number[] = [];
  const address = addressOf(run.foot[taken] as number);
  for (let event = taken; event < run.length; event++) {
    if (run.task[event] !== run.task[taken]) continue;
    const foot = run.foot[event] as number;
    const kind = kindOf(foot);
    if (kind === RELEASE && addressOf(foot) === address) break;
    if (kind === READ || kind === WRITE || kind === FREE) accesses.push(event);
  }
  return accesses;
}

/**
 * Where another execution has an event of this one, or the lock that a task waits for at its end: made by
 * the same operation, with as many of the task's before it. -1: it does not come to that.
 */
export function counterpart(from: Ran, { run }: Ran, event: number): number {
  const waits = event >= from.run.length;
  const task = waits ? event - from.run.length : (from.run.task[event] as number);
  const state = from.execution.task(task);
  const operation = waits ? state.pending : from.run.operation[event];
  const ordinal = waits ? state.events + 1 : from.run.ordinal[event];
  const there = run.task.findIndex(
    (other, i) => i < run.length && other === task && run.ordinal[i] === ordinal,
  );
  const other = run.operation[there];
  // What an operation comes to may differ: a compare-and-swap stores here, and only reads there.
  return other?.kind === operation?.kind && other?.address === operation?.address ? there : -1;
}
