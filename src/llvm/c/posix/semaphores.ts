import { read, type Task, until, untilInTime, update } from '../../../explore/index.ts';
import { MemoryState } from '../../memory/cells.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { numberOf } from '../../run/values/arithmetic.ts';
import { type ByHand, EAGAIN, ETIMEDOUT, externals, nothing } from '../by-hand.ts';
import { setErrno } from '../library/errno.ts';
import { runsOutOfTime } from './timed.ts';

function semaphoreAt(thread: Thread, place: Scalar): Task<MemoryState<number>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<number>(owner, names, 0);
  });
}

function* init(thread: Thread, place: Scalar, isOfAll: Scalar, value: Scalar): Task<Scalar> {
  if (isOfAll !== 0) thread.memory.fail('semaphores of several processes are not supported');
  const cell = yield* semaphoreAt(thread, place);
  yield* update(cell, () => Number(numberOf(value)));
  return 0;
}

const isFree = (value: number): boolean => value > 0;

function* takeOne(cell: MemoryState<number>): Task<boolean> {
  return isFree(yield* update(cell, (value) => (isFree(value) ? value - 1 : value)));
}

function* wait(thread: Thread, place: Scalar): Task<Scalar> {
  const cell = yield* semaphoreAt(thread, place);
  while (!(yield* takeOne(cell))) yield* until(cell, isFree);
  return 0;
}

const failed = 0xffff_ffff;

function* trywait(thread: Thread, place: Scalar): Task<Scalar> {
  if (yield* takeOne(yield* semaphoreAt(thread, place))) return 0;
  setErrno(thread, EAGAIN);
  return failed;
}

function* timedwait(thread: Thread, place: Scalar): Task<Scalar> {
  const cell = yield* semaphoreAt(thread, place);
  if (yield* takeOne(cell)) return 0;
  if (yield* runsOutOfTime(thread)) {
    setErrno(thread, ETIMEDOUT);
    return failed;
  }
  do yield* untilInTime(cell, isFree);
  while (!(yield* takeOne(cell)));
  return 0;
}

function* post(thread: Thread, place: Scalar): Task<Scalar> {
  yield* update(yield* semaphoreAt(thread, place), (value) => value + 1);
  return 0;
}

function* getValue(thread: Thread, place: Scalar, to: Scalar): Task<Scalar> {
  const value = yield* read(yield* semaphoreAt(thread, place));
  yield* thread.memory.store(to, 4, value);
  return 0;
}

/** Functions of `semaphore.h`, by name. */
export const semaphoreFunctions: ReadonlyMap<string, External> = externals({
  sem_init: init as ByHand,
  sem_destroy: nothing,
  sem_wait: wait as ByHand,
  sem_trywait: trywait as ByHand,
  sem_timedwait: timedwait as ByHand,
  sem_clockwait: timedwait as ByHand,
  sem_post: post as ByHand,
  sem_getvalue: getValue as ByHand,
});
