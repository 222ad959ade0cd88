import { mutex_lock, mutex_trylock, mutex_unlock, type Task } from '../explore/index.ts';
import type { Scalar, Thread } from '../llvm/index.ts';
import { type ByHand, returning } from './by-hand.ts';

function* lock(thread: Thread, place: Scalar): Task<Scalar> {
  yield* mutex_lock(yield* thread.memory.lockAt(place));
  return 0;
}

function* unlock(thread: Thread, place: Scalar): Task<Scalar> {
  yield* mutex_unlock(yield* thread.memory.lockAt(place));
  return 0;
}

function* trylock(thread: Thread, place: Scalar): Task<Scalar> {
  return (yield* mutex_trylock(yield* thread.memory.lockAt(place))) ? 1 : 0;
}

function* interruptible(thread: Thread, place: Scalar): Task<Scalar> {
  return yield* lock(thread, place);
}

/** Locks that sleep and locks that spin. */
export const locks: Readonly<Record<string, ByHand>> = {
  __mutex_init: returning(0),
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
