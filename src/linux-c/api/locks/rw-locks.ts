import { type Task, until, update } from '../../../explore/index.ts';
import { MemoryState, type Scalar, type Thread } from '../../../llvm/index.ts';
import { type ByHand, type ByName, returning } from '../../by-hand.ts';

/** Who holds a lock that many can read under, and one write. */
interface Holders {
  /** The task that writes; null for none. */
  readonly writer: number | null;
  readonly readers: readonly number[];
  readonly text: string;
}

function holders(writer: number | null, readers: readonly number[]): Holders {
  const read = readers.length === 0 ? 'free' : `held to read by ${readers.length}`;
  return { writer, readers, text: writer === null ? read : 'held to write' };
}

const free = holders(null, []);

/** What is in a lock is nobody's business. */
const inside = /\.(count|raw_lock)(\..*)?$/;

function stateAt(thread: Thread, place: Scalar): Task<MemoryState<Holders>> {
  return thread.memory.thingAt(place, (owner, names) => {
    const text = (): string => names.text().replace(inside, '');
    const className = (): string => names.className().replace(inside, '');
    return new MemoryState<Holders>(owner, { text, className }, free);
  });
}

function canRead({ writer }: Holders): boolean {
  return writer === null;
}

function canWrite({ writer, readers }: Holders): boolean {
  return writer === null && readers.length === 0;
}

function taken(of: Holders, task: number, toWrite: boolean): Holders {
  if (toWrite) return canWrite(of) ? holders(task, []) : of;
  return canRead(of) ? holders(null, [...of.readers, task]) : of;
}

/** Without the task; null where it does not hold the lock. */
function left(of: Holders, task: number, toWrite: boolean): Holders | null {
  if (toWrite) return of.writer === task ? free : null;
  const at = of.readers.indexOf(task);
  return at < 0 ? null : holders(of.writer, of.readers.toSpliced(at, 1));
}

function self({ world }: Thread): number {
  return world.running?.index ?? 0;
}

/** Takes it whenever that can be done. A task that waits for itself waits for ever. */
function locking(toWrite: boolean, value: Scalar = 0): ByHand {
  const isFree = toWrite ? canWrite : canRead;
  return function* (thread, place = 0n) {
    const state = yield* stateAt(thread, place);
    for (;;) {
      const before = yield* update(state, (of) => taken(of, self(thread), toWrite));
      if (isFree(before)) return value;
      yield* until(state, isFree);
    }
  };
}

function trying(toWrite: boolean): ByHand {
  const isFree = toWrite ? canWrite : canRead;
  return function* (thread, place = 0n) {
    const state = yield* stateAt(thread, place);
    const before = yield* update(state, (of) => taken(of, self(thread), toWrite));
    return isFree(before) ? 1 : 0;
  };
}

/** @param next what becomes of it; null where the task does not hold it so */
function leaving(what: string, next: (of: Holders, task: number) => Holders | null): ByHand {
  return function* (thread, place = 0n) {
    const state = yield* stateAt(thread, place);
    const task = self(thread);
    const before = yield* update(state, (of) => next(of, task) ?? of);
    if (next(before, task) === null)
      thread.memory.report('lockdep', state.className, `${state.text} is ${what}, and not held so`);
    return 0;
  };
}

const unlockRead = leaving('unlocked to read', (of, task) => left(of, task, false));
const unlockWrite = leaving('unlocked to write', (of, task) => left(of, task, true));
/** A writer goes on as a reader, and lets no other writer in between. */
const downgrade = leaving('downgraded', (of, task) =>
  of.writer === task ? holders(null, [task]) : null,
);

/**
 * Locks for many readers or one writer: those that sleep, and those that spin. A reader comes in whenever nobody
 * writes: that a writer who waits holds up later readers is not looked at.
 */
export const rwLocks: ByName = {
  __init_rwsem: returning(0),
  down_read: locking(false),
  down_read_nested: locking(false),
  down_read_interruptible: locking(false),
  down_read_killable: locking(false),
  down_read_trylock: trying(false),
  up_read: unlockRead,
  down_write: locking(true),
  down_write_nested: locking(true),
  down_write_killable: locking(true),
  down_write_trylock: trying(true),
  up_write: unlockWrite,
  downgrade_write: downgrade,
  _raw_read_lock: locking(false),
  _raw_read_lock_irq: locking(false),
  _raw_read_lock_irqsave: locking(false, 0n),
  _raw_read_trylock: trying(false),
  _raw_read_unlock: unlockRead,
  _raw_read_unlock_irq: unlockRead,
  _raw_read_unlock_irqrestore: unlockRead,
  _raw_write_lock: locking(true),
  _raw_write_lock_irq: locking(true),
  _raw_write_lock_irqsave: locking(true, 0n),
  _raw_write_trylock: trying(true),
  _raw_write_unlock: unlockWrite,
  _raw_write_unlock_irq: unlockWrite,
  _raw_write_unlock_irqrestore: unlockWrite,
};
