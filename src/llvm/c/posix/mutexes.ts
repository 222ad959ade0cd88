import {
  assign,
  look,
  mutex_lock,
  mutex_lock_in_time,
  mutex_trylock,
  mutex_unlock,
  type Struct,
  type Task,
} from '../../../explore/index.ts';
import { MemoryLock, type Names } from '../../memory/cells.ts';
import { Variable } from '../../memory/objects.ts';
import { Pointer, type Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { canonical, numberOf } from '../../run/values/arithmetic.ts';
import { type ByHand, EBUSY, EDEADLK, EPERM, ETIMEDOUT, externals, nothing } from '../by-hand.ts';
import { runsOutOfTime } from './timed.ts';

/** What happens when its holder locks it again: it waits for ever, counts, or is told. */
export type MutexKind = 'normal' | 'recursive' | 'checked';

/** As `pthread.h` numbers them. */
const kinds: readonly MutexKind[] = ['normal', 'recursive', 'checked'];

/** A mutex of a program. */
export class PosixMutex extends MemoryLock {
  kind: MutexKind;
  /** How often its holder has locked it again. */
  depth = 0;
  isDestroyed = false;

  constructor(owner: Struct, names: Names, kind: MutexKind) {
    super(owner, names);
    this.kind = kind;
  }
}

/** Where glibc has the kind, for initialisers that name one. */
const offsetOfKind = 16;

function kindAtFirst(thread: Thread, place: Scalar): MutexKind {
  if (!(place instanceof Pointer)) return 'normal';
  const { memory, offset } = canonical(place);
  if (!(memory instanceof Variable) || memory.size < offset + offsetOfKind + 4) return 'normal';
  const value = thread.machine.compiled.linked.imageOf(memory).read(offset + offsetOfKind, 4);
  return (typeof value === 'number' ? kinds[value] : undefined) ?? 'normal';
}

/** The mutex at a place. */
export function mutexAt(thread: Thread, place: Scalar): Task<PosixMutex> {
  return thread.memory.placedAt(place, (owner, names) => {
    return new PosixMutex(owner, names, kindAtFirst(thread, place));
  });
}

function isOwn({ world }: Thread, mutex: PosixMutex): boolean {
  return look(world, () => mutex.holder !== null && mutex.holder === world.running);
}

/** What a thread that holds it is told; null for one that does not. */
function again(thread: Thread, mutex: PosixMutex): number | null {
  const { world } = thread;
  if (mutex.kind === 'normal' || !isOwn(thread, mutex)) return null;
  if (mutex.kind === 'checked') return EDEADLK;
  assign(world, mutex, 'depth', look(world, () => mutex.depth) + 1);
  return 0;
}

function taken({ memory, world }: Thread, mutex: PosixMutex): number {
  if (look(world, () => mutex.isDestroyed))
    memory.crash(
      'use-after-free',
      mutex.className,
      `${mutex.text} is locked after it was destroyed`,
    );
  memory.loops.turns(mutex);
  return 0;
}

export function* lock(thread: Thread, place: Scalar): Task<Scalar> {
  const mutex = yield* mutexAt(thread, place);
  const known = again(thread, mutex);
  if (known !== null) return known;
  yield* mutex_lock(mutex);
  return taken(thread, mutex);
}

export function* trylock(thread: Thread, place: Scalar): Task<Scalar> {
  const mutex = yield* mutexAt(thread, place);
  const known = again(thread, mutex);
  if (known !== null) return known === EDEADLK ? EBUSY : known;
  if (yield* mutex_trylock(mutex)) return taken(thread, mutex);
  thread.memory.loops.isRefused(mutex);
  return EBUSY;
}

export function* timedlock(thread: Thread, place: Scalar): Task<Scalar> {
  const before = yield* trylock(thread, place);
  if (before !== EBUSY) return before;
  if (yield* runsOutOfTime(thread)) return ETIMEDOUT;
  const mutex = yield* mutexAt(thread, place);
  yield* mutex_lock_in_time(mutex);
  return taken(thread, mutex);
}

export function* unlock(thread: Thread, place: Scalar): Task<Scalar> {
  const { memory, world } = thread;
  const mutex = yield* mutexAt(thread, place);
  const depth = look(world, () => mutex.depth);
  if (mutex.kind === 'checked' && !isOwn(thread, mutex)) return EPERM;
  if (depth > 0 && isOwn(thread, mutex)) assign(world, mutex, 'depth', depth - 1);
  else {
    memory.loops.turns(mutex);
    yield* mutex_unlock(mutex);
  }
  return 0;
}

/** Give a mutex a kind. */
export function* initialise(thread: Thread, place: Scalar, kind: MutexKind): Task<Scalar> {
  const { memory, world } = thread;
  memory.loops.changesAll();
  const mutex = yield* mutexAt(thread, place);
  assign(world, mutex, 'kind', kind);
  assign(world, mutex, 'isDestroyed', false);
  return 0;
}

function* init(thread: Thread, place: Scalar, attributes: Scalar): Task<Scalar> {
  const value = attributes === 0n ? 0 : yield* thread.memory.load(attributes, 4);
  const kind = typeof value === 'object' ? undefined : kinds[Number(numberOf(value))];
  if (kind === undefined) thread.memory.fail('this kind of mutex is not supported');
  return yield* initialise(thread, place, kind);
}

/** Whoever locks it from now on is wrong, and so is whoever destroys it while it is held. */
export function* destroy(thread: Thread, place: Scalar): Task<Scalar> {
  const { memory, world } = thread;
  const mutex = yield* mutexAt(thread, place);
  if (!(yield* mutex_trylock(mutex))) {
    const message = `${mutex.text} is destroyed while it is held`;
    memory.crash('use-after-free', mutex.className, message);
  }
  assign(world, mutex, 'isDestroyed', true);
  memory.loops.changesAll();
  yield* mutex_unlock(mutex);
  return 0;
}

function* attributesInit(thread: Thread, attributes: Scalar): Task<Scalar> {
  yield* thread.memory.store(attributes, 4, 0);
  return 0;
}

function* setType(thread: Thread, attributes: Scalar, kind: Scalar): Task<Scalar> {
  yield* thread.memory.store(attributes, 4, kind);
  return 0;
}

/** Mutexes and spin locks of `pthread.h`, by name. */
export const mutexFunctions: ReadonlyMap<string, External> = externals({
  pthread_mutexattr_init: attributesInit as ByHand,
  pthread_mutexattr_destroy: nothing,
  pthread_mutexattr_settype: setType as ByHand,
  pthread_mutexattr_setpshared: nothing,
  pthread_mutexattr_setprotocol: nothing,
  pthread_mutex_init: init as ByHand,
  pthread_mutex_destroy: destroy as ByHand,
  pthread_mutex_lock: lock as ByHand,
  pthread_mutex_trylock: trylock as ByHand,
  pthread_mutex_timedlock: timedlock as ByHand,
  pthread_mutex_clocklock: timedlock as ByHand,
  pthread_mutex_unlock: unlock as ByHand,
  pthread_spin_init: nothing,
  pthread_spin_destroy: destroy as ByHand,
  pthread_spin_lock: lock as ByHand,
  pthread_spin_trylock: trylock as ByHand,
  pthread_spin_unlock: unlock as ByHand,
});
