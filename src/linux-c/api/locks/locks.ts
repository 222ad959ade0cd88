import {
  type Mutex,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  type Task,
} from '../../../explore/index.ts';
import { MemoryLock, type Scalar, type Thread } from '../../../llvm/index.ts';
import { type ByHand, type ByName, returning } from '../../by-hand.ts';

/** What is in a lock is nobody's business. */
const inside = /\.(owner|rlock|raw_lock)(\..*)?$/;

/** The lock at a place. */
export function lockAt(thread: Thread, place: Scalar): Task<Mutex> {
  return thread.memory.thingAt<Mutex>(place, (owner, names) => {
    const text = (): string => names.text().replace(inside, '');
    return new MemoryLock(owner, { text, className: () => names.className().replace(inside, '') });
  });
}

/** @param value what it returns */
function locking(value: Scalar): ByHand {
  return function* (thread, place = 0n) {
    yield* mutex_lock(yield* lockAt(thread, place));
    return value;
  };
}

const unlock: ByHand = function* (thread, place = 0n) {
  yield* mutex_unlock(yield* lockAt(thread, place));
  return 0;
};

const trylock: ByHand = function* (thread, place = 0n) {
  return (yield* mutex_trylock(yield* lockAt(thread, place))) ? 1 : 0;
};

/** Locks that sleep and locks that spin, with one holder. Nobody is sent a signal, so that nobody is interrupted. */
export const locks: ByName = {
  __mutex_init: returning(0),
  mutex_init_generic: returning(0),
  mutex_lock: locking(0),
  mutex_lock_nested: locking(0),
  mutex_lock_interruptible: locking(0),
  mutex_lock_interruptible_nested: locking(0),
  mutex_lock_killable: locking(0),
  mutex_lock_killable_nested: locking(0),
  mutex_trylock: trylock,
  mutex_unlock: unlock,
  _raw_spin_lock: locking(0),
  _raw_spin_lock_bh: locking(0),
  _raw_spin_lock_irq: locking(0),
  _raw_spin_lock_irqsave: locking(0n),
  _raw_spin_trylock: trylock,
  _raw_spin_unlock: unlock,
  _raw_spin_unlock_bh: unlock,
  _raw_spin_unlock_irq: unlock,
  _raw_spin_unlock_irqrestore: unlock,
};
