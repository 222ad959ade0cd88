import { type Task, until, untilInTime, update } from '../../../explore/index.ts';
import { MemoryState } from '../../memory/cells.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { type ByHand, EBUSY, EDEADLK, ETIMEDOUT, externals, nothing } from '../by-hand.ts';
import { runsOutOfTime } from './timed.ts';

/** Who holds a lock that many can read under, and one write. */
class Holders {
  /** The thread that writes; -1 for none. */
  readonly writer: number;
  readonly readers: readonly number[];

  constructor(writer: number, readers: readonly number[]) {
    this.writer = writer;
    this.readers = readers;
  }

  get text(): string {
    if (this.writer >= 0) return 'held to write';
    return this.readers.length === 0 ? 'free' : `held to read by ${this.readers.length}`;
  }

  isFreeFor(toWrite: boolean): boolean {
    return this.writer < 0 && (!toWrite || this.readers.length === 0);
  }

  taken(task: number, toWrite: boolean): Holders {
    if (!this.isFreeFor(toWrite)) return this;
    return toWrite ? new Holders(task, []) : new Holders(-1, [...this.readers, task]);
  }

  isHeldBy(task: number): boolean {
    return this.writer === task || this.readers.includes(task);
  }

  letGo(task: number): Holders {
    if (this.writer === task) return new Holders(-1, []);
    const at = this.readers.indexOf(task);
    return at < 0 ? this : new Holders(-1, this.readers.toSpliced(at, 1));
  }
}

function lockAt(thread: Thread, place: Scalar): Task<MemoryState<Holders>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<Holders>(owner, names, new Holders(-1, []));
  });
}

type Patience = 'for ever' | 'in time' | 'none';

function* take(thread: Thread, place: Scalar, toWrite: boolean, patience: Patience): Task<Scalar> {
  const task = thread.world.running?.index ?? 0;
  const cell = yield* lockAt(thread, place);
  for (let isLimited = false; ; ) {
    const before = yield* update(cell, (holders) => holders.taken(task, toWrite));
    if (before.isFreeFor(toWrite)) return 0;
    if (patience === 'none') return EBUSY;
    if (before.writer === task) return EDEADLK;
    if (patience === 'in time' && !isLimited && (yield* runsOutOfTime(thread))) return ETIMEDOUT;
    isLimited = true;
    const isFree = (holders: Holders): boolean => holders.isFreeFor(toWrite);
    yield* patience === 'in time' ? untilInTime(cell, isFree) : until(cell, isFree);
  }
}

function* unlock(thread: Thread, place: Scalar): Task<Scalar> {
  const task = thread.world.running?.index ?? 0;
  const cell = yield* lockAt(thread, place);
  const before = yield* update(cell, (holders) => holders.letGo(task));
  if (!before.isHeldBy(task))
    thread.memory.report('lockdep', cell.className, `${cell.text} is unlocked, and not held`);
  return 0;
}

function taking(toWrite: boolean, patience: Patience): ByHand {
  return (thread, place) => take(thread, place as Scalar, toWrite, patience);
}

function* init(thread: Thread, place: Scalar): Task<Scalar> {
  yield* thread.memory.share(place);
  return 0;
}

/** Locks of `pthread.h` for many readers or one writer, by name. */
export const rwlockFunctions: ReadonlyMap<string, External> = externals({
  pthread_rwlock_init: init as ByHand,
  pthread_rwlock_destroy: nothing,
  pthread_rwlockattr_init: nothing,
  pthread_rwlockattr_destroy: nothing,
  pthread_rwlock_rdlock: taking(false, 'for ever'),
  pthread_rwlock_tryrdlock: taking(false, 'none'),
  pthread_rwlock_timedrdlock: taking(false, 'in time'),
  pthread_rwlock_wrlock: taking(true, 'for ever'),
  pthread_rwlock_trywrlock: taking(true, 'none'),
  pthread_rwlock_timedwrlock: taking(true, 'in time'),
  pthread_rwlock_unlock: unlock as ByHand,
});
