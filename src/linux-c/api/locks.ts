import {
  type Mutex,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  type Task,
} from '../../explore/index.ts';
import { MemoryLock, type Scalar, type Thread } from '../../llvm/index.ts';
import { type ByHand, type ByName, returning } from '../by-hand.ts';

/** What is in a lock is nobody's business. */
const inside = /\.(owner|rlock|raw_lock)(\..*)?$/;

/** The lock at a place. */
export function lockAt(thread: Thread, place: Scalar): Task<Mutex> {
  return thread.memory.thingAt<Mutex>(place, (owner, names) => {
    const text = (): string => names.text().replace(inside, '');
    return new MemoryLock(owner, { text, className: () => names.className().replace(inside, '') });
  });
}

function* lock(thread: Thread, place: Scalar): Task<Scalar> {
  yield* mutex_lock(yield* lockAt(thread, place));
  return 0;
}

function* unlock(thread: Thread, place: Scalar): Task<Scalar> {
  yield* mutex_unlock(yield* lockAt(thread, place));
  return 0;
}

function* trylock(thread: Thread, place: Scalar): Task<Scalar> {
  return (yield* mutex_trylock(yield* lockAt(thread, place))) ? 1 : 0;
}

function* interruptible(thread: Thread, place: Scalar): Task<Scalar> {
  return yield* lock(thread, place);
}

/** Locks that sleep and locks that spin. */
export const locks: ByName = {
  __mutex_init: returning(0),
  mutex_init_generic: returning(0),
  __init_rwsem: returning(0),
  mutex_lock: lock as ByHand,
  mutex_lock_nested: lock as ByHand,
  mutex_lock_interruptible: interruptible as ByHand,
  mutex_trylock: trylock as ByHand,
  mutex_unlock: unlock as ByHand,
  _raw_spin_lock: lock as ByHand,
  _raw_spin_unlock: unlock as ByHand,
  _raw_spin_lock_irqsave: lock as ByHand,
  _raw_spin_unlock_irqrestore: unlock as ByHand,
};
