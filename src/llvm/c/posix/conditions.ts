import { type Task, until, untilInTime, update } from '../../../explore/index.ts';
import { MemoryState } from '../../memory/cells.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big } from '../../run/values/arithmetic.ts';
import { type ByHand, ETIMEDOUT, externals, nothing } from '../by-hand.ts';
import { lock, unlock } from './mutexes.ts';
import { runsOutOfTime } from './timed.ts';
import { Waiting } from './waiting.ts';

// Whom a signal wakes is left open by the standard, and so is explored.

function conditionAt(thread: Thread, place: Scalar): Task<MemoryState<Waiting>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<Waiting>(owner, names, new Waiting());
  });
}

function* waitFor(thread: Thread, place: Scalar, mutex: Scalar, isLimited: boolean): Task<Scalar> {
  const condition = yield* conditionAt(thread, place);
  if (isLimited && (yield* runsOutOfTime(thread))) {
    yield* unlock(thread, mutex);
    yield* lock(thread, mutex);
    return ETIMEDOUT;
  }
  const { next: ticket } = yield* update(condition, (waiting) => waiting.come());
  yield* unlock(thread, mutex);
  const may = (waiting: Waiting): boolean => waiting.mayGo(ticket);
  for (let isWoken = false; !isWoken; ) {
    yield* isLimited ? untilInTime(condition, may) : until(condition, may);
    isWoken = may(yield* update(condition, (waiting) => waiting.go(ticket)));
  }
  yield* lock(thread, mutex);
  return 0;
}

export function wait(thread: Thread, place: Scalar, mutex: Scalar): Task<Scalar> {
  return waitFor(thread, place, mutex, false);
}

export function timedwait(thread: Thread, place: Scalar, mutex: Scalar): Task<Scalar> {
  return waitFor(thread, place, mutex, true);
}

export function* signal(thread: Thread, place: Scalar): Task<Scalar> {
  yield* update(yield* conditionAt(thread, place), (waiting) => waiting.signal());
  return 0;
}

export function* broadcast(thread: Thread, place: Scalar): Task<Scalar> {
  yield* update(yield* conditionAt(thread, place), (waiting) => waiting.broadcast());
  return 0;
}

export function* init(thread: Thread, place: Scalar): Task<Scalar> {
  yield* thread.memory.share(place);
  return 0;
}

/** How many have come to a barrier, how many must, and how often it was full. */
interface Barrier {
  readonly wanted: number;
  readonly come: number;
  readonly round: number;
  readonly text: string;
}

function barrier(wanted: number, come: number, round: number): Barrier {
  return { wanted, come, round, text: `${come} of ${wanted}` };
}

function barrierAt(thread: Thread, place: Scalar): Task<MemoryState<Barrier>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<Barrier>(owner, names, barrier(0, 0, 0));
  });
}

function* initBarrier(
  thread: Thread,
  place: Scalar,
  attributes: Scalar,
  wanted: Scalar,
): Task<Scalar> {
  if (attributes !== 0n) thread.memory.fail('attributes of barriers are not supported');
  yield* update(yield* barrierAt(thread, place), () => barrier(Number(big(wanted)), 0, 0));
  return 0;
}

const PTHREAD_BARRIER_SERIAL_THREAD = 0xffff_ffff;

function* waitAtBarrier(thread: Thread, place: Scalar): Task<Scalar> {
  const cell = yield* barrierAt(thread, place);
  const { wanted, come, round } = yield* update(cell, (now) =>
    now.come + 1 === now.wanted
      ? barrier(now.wanted, 0, now.round + 1)
      : barrier(now.wanted, now.come + 1, now.round),
  );
  if (wanted === 0) thread.memory.fail('a barrier is waited at that was not initialised');
  if (come + 1 === wanted) return PTHREAD_BARRIER_SERIAL_THREAD;
  yield* until(cell, (now) => now.round > round);
  return 0;
}

/** Condition variables and barriers of `pthread.h`, by name. */
export const conditionFunctions: ReadonlyMap<string, External> = externals({
  pthread_condattr_init: nothing,
  pthread_condattr_destroy: nothing,
  pthread_condattr_setclock: nothing,
  pthread_cond_init: init as ByHand,
  pthread_cond_destroy: nothing,
  pthread_cond_wait: wait as ByHand,
  pthread_cond_timedwait: timedwait as ByHand,
  pthread_cond_clockwait: timedwait as ByHand,
  pthread_cond_signal: signal as ByHand,
  pthread_cond_broadcast: broadcast as ByHand,
  pthread_barrier_init: initBarrier as ByHand,
  pthread_barrier_destroy: nothing,
  pthread_barrier_wait: waitAtBarrier as ByHand,
});
