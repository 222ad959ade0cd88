import type { Task } from '../../../explore/index.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { numberOf } from '../../run/values/arithmetic.ts';
import { type ByHand, EBUSY, ETIMEDOUT, externals, nothing } from '../by-hand.ts';
import { broadcast, init, signal, timedwait, wait } from './conditions.ts';
import { destroy, initialise, lock, timedlock, trylock, unlock } from './mutexes.ts';
import { createKey, getSpecific, setSpecific } from './specific.ts';
import { detach, equal, exit, once, self, start, waitForEnd } from './threads.ts';

// Threads of C11, which are those of POSIX by other names.

const thrd_busy = 1;
const thrd_error = 2;
const thrd_timedout = 4;
const mtx_recursive = 1;

/** What C11 calls an error of POSIX. */
function told(run: (thread: Thread, ...operands: Scalar[]) => Task<Scalar>): ByHand {
  return function* (thread, ...operands) {
    const result = yield* run(thread, ...operands);
    if (result === 0) return 0;
    if (result === EBUSY) return thrd_busy;
    return result === ETIMEDOUT ? thrd_timedout : thrd_error;
  };
}

function* create(thread: Thread, place: Scalar, begin: Scalar, argument: Scalar): Task<Scalar> {
  yield* thread.memory.store(place, 8, BigInt(yield* start(thread, begin, argument)));
  return 0;
}

function* join(thread: Thread, which: Scalar, place: Scalar): Task<Scalar> {
  const result = yield* waitForEnd(thread, which);
  if (result === null) return thrd_error;
  if (place !== 0n) yield* thread.memory.store(place, 4, result === 0n ? 0 : result);
  return 0;
}

function* initMutex(thread: Thread, place: Scalar, type: Scalar): Task<Scalar> {
  const isRecursive = (Number(numberOf(type)) & mtx_recursive) !== 0;
  return yield* initialise(thread, place, isRecursive ? 'recursive' : 'normal');
}

/** Functions of `threads.h`, by name. */
export const c11Functions: ReadonlyMap<string, External> = externals({
  thrd_create: create as ByHand,
  thrd_join: join as ByHand,
  thrd_exit: exit as ByHand,
  thrd_current: self,
  thrd_equal: equal as ByHand,
  thrd_detach: told(detach as ByHand),
  thrd_yield: nothing,
  thrd_sleep: nothing,
  mtx_init: initMutex as ByHand,
  mtx_destroy: destroy as ByHand,
  mtx_lock: told(lock as ByHand),
  mtx_trylock: told(trylock as ByHand),
  mtx_timedlock: told(timedlock as ByHand),
  mtx_unlock: told(unlock as ByHand),
  cnd_init: init as ByHand,
  cnd_destroy: nothing,
  cnd_wait: told(wait as ByHand),
  cnd_timedwait: told(timedwait as ByHand),
  cnd_signal: told(signal as ByHand),
  cnd_broadcast: told(broadcast as ByHand),
  call_once: once as ByHand,
  tss_create: createKey as ByHand,
  tss_delete: nothing,
  tss_get: getSpecific as ByHand,
  tss_set: told(setSpecific as ByHand),
});
