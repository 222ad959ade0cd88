import { addressOf, type Footprint, footprint, kindOf } from '../program/dependence.ts';
import type { Names } from '../program/names.ts';
import { type CellOperation, Until, type Update } from '../program/objects/cell.ts';
import { LockOperation } from '../program/objects/lock.ts';
import {
  ACQUIRE,
  AWAIT,
  CHOOSE,
  effectOf,
  FREE,
  JOIN,
  type Kind,
  type Operation,
  READ,
  RELEASE,
  SPAWN,
  TRY,
  TRY_FAILED,
  UPDATE,
  WRITE,
} from '../program/op.ts';
import type { Join } from '../program/spawn.ts';
import type { TaskState } from '../program/task.ts';
import { lastChance } from './awaiting.ts';
import { DataRaces } from './data-race.ts';
import type { Execution } from './execution.ts';
import { History } from './history.ts';
import { Races } from './races.ts';

/**
 * The events of the current execution and the order that dependence imposes on them, kept by depth
 * so that a prefix survives when a search goes back and takes another branch.
 */
export class Run {
  readonly width: number;
  readonly names: Names;
  length = 0;
  /** By depth: who made the event, what it touched, how many events the task had made with it. */
  readonly task: number[] = [];
  readonly foot: Footprint[] = [];
  readonly ordinal: number[] = [];
  /** The event of the same task before it, or the one that started the task, or -1. */
  readonly previous: number[] = [];
  /** The function it was made in. */
  readonly site: string[] = [];
  /** The operations themselves, of this execution only. */
  readonly operation: Operation<unknown>[] = [];
  /** Pairs of events whose order could be reversed and that the search has not settled yet. */
  readonly races: Races = new Races();
  readonly dataRaces: DataRaces = new DataRaces();
  /** Whether anybody asks for data races. */
  readonly #wantsDataRaces: boolean;

  readonly #history: History;
  /** Event `e` happens before event `d` iff `clock[d * width + task[e]] >= ordinal[e]`. */
  #clock: Int32Array;
  /** The same for synchronisation only: locks, atomic operations, thread start and join. */
  #sync: Int32Array;

  constructor(names: Names, width: number, wantsDataRaces = true) {
    this.names = names;
    this.width = width;
    this.#wantsDataRaces = wantsDataRaces;
    this.#history = new History(names, width);
    this.#clock = new Int32Array(width * 64);
    this.#sync = new Int32Array(width * 64);
  }

  /** Go back to the first `length` events. */
  rewind(length: number): void {
    if (this.#wantsDataRaces) this.dataRaces.rewind(this, length);
    for (let event = this.length - 1; event >= length; event--)
      this.#history.undo(event, this.task[event] as number, this.foot[event] as Footprint);
    this.races.rewind(length);
    this.length = length;
  }

  /** As good as {@link happensBefore} for who asks about many events. */
  get clock(): Int32Array {
    return this.#clock;
  }

  happensBefore(first: number, second: number): boolean {
    return (
      (this.#clock[second * this.width + (this.task[first] as number)] as number) >=
      (this.ordinal[first] as number)
    );
  }

  /** Whether synchronisation orders `first` before `second`. */
  synchronized(first: number, second: number): boolean {
    return (
      (this.#sync[second * this.width + (this.task[first] as number)] as number) >=
      (this.ordinal[first] as number)
    );
  }

  /** How many tasks, and how many events, an execution has at least in which `event` happens. */
  tasksBefore(event: number): number {
    const base = event * this.width;
    let tasks = 0;
    for (let i = base; i < base + this.width; i++) if (this.#clock[i] !== 0) tasks++;
    return tasks;
  }

  eventsBefore(event: number): number {
    const base = event * this.width;
    let events = 0;
    for (let i = base; i < base + this.width; i++) events += this.#clock[i] as number;
    return events;
  }

  clockOf(event: number, task: number): number {
    return this.#clock[event * this.width + task] as number;
  }

  /** Whether `event` is, or comes after, a choice not made before event `choice`. */
  followsChoice(choice: number, event: number): boolean {
    for (let other = choice; other <= event; other++) {
      if (kindOf(this.foot[other] as Footprint) !== CHOOSE) continue;
      if (other === event || this.happensBefore(other, event)) return true;
    }
    return false;
  }

  /** Which way `event` went, if it was a choice. */
  wayOf(event: number): number {
    const foot = this.foot[event] as Footprint;
    return kindOf(foot) === CHOOSE ? addressOf(foot) : 0;
  }

  /** Perform event `depth` of the kept prefix again. Returns the footprint, to be compared. */
  replay(execution: Execution, task: TaskState, depth: number): Footprint {
    this.operation[depth] = task.pending as Operation<unknown>;
    return makeAgain(execution, task, depth, this.foot[depth] as Footprint);
  }

  /**
   * Make the next event: `task` performs its pending operation.
   *
   * @param way which way it goes when it is a choice
   */
  step(execution: Execution, task: TaskState, way = 0): Footprint {
    const operation = task.pending as Operation<unknown>;
    const depth = this.length;
    const kind = effectOf(operation);
    const foot = footprint(kind === CHOOSE ? way : operation.address, kind);
    this.operation[depth] = operation;
    this.task[depth] = task.index;
    this.foot[depth] = foot;
    this.ordinal[depth] = task.events + 1;
    this.previous[depth] = task.lastEvent;
    this.site[depth] = task.functionName();
    this.#inherit(depth, task);
    if (kind < SPAWN) this.#order(depth, operation, kind);
    else if (kind === JOIN) this.#join(depth, (operation as Join).target.lastEvent);
    if (kind <= WRITE && this.#wantsDataRaces)
      this.dataRaces.check(this, depth, operation as CellOperation<unknown, unknown>);
    this.length = depth + 1;
    execution.step(task, depth, way);
    return foot;
  }

  /** An event comes after the one of the same task before it. */
  #inherit(depth: number, task: TaskState): void {
    const { width } = this;
    const base = depth * width;
    if (this.#clock.length < base + width) {
      this.#clock = doubled(this.#clock);
      this.#sync = doubled(this.#sync);
    }
    begin(this.#clock, base, task.lastEvent * width, width);
    this.#clock[base + task.index] = task.events + 1;
    if (!this.#wantsDataRaces) return;
    begin(this.#sync, base, task.lastEvent * width, width);
    this.#sync[base + task.index] = task.events + 1;
  }

  #join(depth: number, last: number): void {
    if (last < 0) return;
    this.#after(depth, last, false);
    this.#synchronize(depth, last);
  }

  /** Set the clock of a new event and note the races it is the second half of. */
  #order(depth: number, operation: Operation<unknown>, kind: Kind): void {
    const history = this.#history;
    const { address } = operation;
    history.reserve(address, depth);
    const lastWrite = history.lastWrite[address] as number;
    switch (kind) {
      case READ:
      case TRY_FAILED: {
        const waits = operation.kind === AWAIT;
        this.#after(depth, lastWrite, !waits);
        if (waits) this.#race(depth, lastChance(this, operation as Until<unknown>));
        break;
      }
      case WRITE: {
        const read = this.#afterReads(depth, address);
        this.#after(depth, lastWrite, !read);
        const watch = this.names.watch[address] as number;
        if (watch !== 0) this.#afterWatched(depth, watch, lastWrite);
        break;
      }
      case FREE:
      case RELEASE: {
        const read = this.#afterReads(depth, address);
        this.#after(depth, lastWrite, !read);
        break;
      }
      case ACQUIRE: {
        this.#afterReads(depth, address);
        this.#after(depth, lastWrite, false);
        this.#race(depth, operation.kind === TRY ? lastWrite : this.#lost(address));
        break;
      }
    }
    const lifetime = kind === FREE ? -1 : (this.names.lifetime[address] as number);
    if (lifetime >= 0) {
      history.reserve(lifetime, depth);
      const waits =
        operation.kind === AWAIT ||
        (kind === ACQUIRE && (operation as LockOperation<unknown>).lock.holder !== null);
      this.#after(depth, history.lastWrite[lifetime] as number, !waits);
    }
    let publishes = false;
    if (kind <= WRITE) {
      if (this.#wantsDataRaces && (operation as CellOperation<unknown, unknown>).orders) {
        this.#synchronize(depth, history.lastSync[address] as number);
        publishes = kind === WRITE;
      }
    } else if (kind === ACQUIRE) {
      this.#synchronize(depth, history.lastSync[address] as number);
    } else if (kind === RELEASE) {
      const { lock } = operation as LockOperation<unknown>;
      publishes = lock.holder !== null && lock.owner?.freed !== true;
    }
    history.remember(depth, this.task[depth] as number, address, kind, publishes);
  }

  /**
   * The event that a task which waits for the lock at `address` loses against. A release cannot
   * come after the acquisition it makes possible, so that is the acquisition before it.
   */
  #lost(address: number): number {
    const history = this.#history;
    const last = history.lastWrite[address] as number;
    return last >= 0 && history.published[last] === 1
      ? (history.writeBefore[last] as number)
      : last;
  }

  #afterWatched(depth: number, watch: number, lastWrite: number): void {
    for (let rest = watch; rest !== 0; rest &= rest - 1) {
      const last = this.#history.lastWatched[31 - Math.clz32(rest & -rest)] ?? -1;
      if (last !== lastWrite) this.#after(depth, last, true);
    }
  }

  #afterReads(depth: number, address: number): boolean {
    const history = this.#history;
    const own = 1 << (this.task[depth] as number);
    const readers = (history.readers[address] as number) & ~own;
    for (let rest = readers; rest !== 0; rest &= rest - 1) {
      const reader = 31 - Math.clz32(rest & -rest);
      this.#after(depth, history.lastRead[address * this.width + reader] as number, true);
    }
    return readers !== 0;
  }

  /** Order event `depth` after `event`, which may be -1 for none. */
  #after(depth: number, event: number, race: boolean): void {
    if (event < 0) return;
    if (race) this.#race(depth, event);
    joinClock(this.#clock, depth * this.width, event * this.width, this.width);
  }

  #synchronize(depth: number, event: number): void {
    if (event >= 0 && this.#wantsDataRaces)
      joinClock(this.#sync, depth * this.width, event * this.width, this.width);
  }

  /** Note that `event` and `depth` race, unless the task had already seen `event` before. */
  #race(depth: number, event: number): void {
    if (event < 0 || this.task[event] === this.task[depth]) return;
    const previous = this.previous[depth] as number;
    if (previous >= 0 && this.happensBefore(event, previous)) return;
    this.races.add(event, depth);
  }

  /**
   * The event that a task lost against which waits at the end, if the two could be reversed: for a
   * lock the acquisition before, for a value the event that made an end of it.
   */
  lostAgainst(task: TaskState): number {
    const { pending } = task;
    let event = -1;
    if (pending instanceof Until) event = lastChance(this, pending);
    else if (pending?.kind === ACQUIRE) event = this.#history.lastWrite[pending.address] as number;
    if (event < 0 || this.task[event] === task.index) return -1;
    if (task.lastEvent >= 0 && this.happensBefore(event, task.lastEvent)) return -1;
    return event;
  }

  /**
   * What event `second` would do if it came before `first`: a compare-and-swap or a trylock can
   * change from a read to a write or back.
   */
  reversed(first: number, second: number): Footprint {
    const operation = this.operation[second] as Operation<unknown>;
    if (operation.kind === UPDATE)
      return this.#reversedUpdate(first, second, operation as Update<unknown>);
    if (operation.kind === TRY) return this.#reversedTry(first, second, operation.address);
    return this.foot[second] as Footprint;
  }

  #reversedUpdate(first: number, second: number, operation: Update<unknown>): Footprint {
    const { address } = operation;
    const write = footprint(address, WRITE);
    for (let event = second - 1; event >= 0; event--) {
      if (this.foot[event] !== write || (event >= first && this.happensBefore(first, event)))
        continue;
      const before = this.operation[event] as Update<unknown>;
      if (before.done) return footprint(address, operation.effectOn(before.after));
    }
    for (let event = 0; event < this.length; event++) {
      const store = this.operation[event] as Update<unknown>;
      if (this.foot[event] === write && store.done)
        return footprint(address, operation.effectOn(store.before));
    }
    return footprint(address, operation.effectOn(operation.cell.value));
  }

  #reversedTry(first: number, second: number, address: number): Footprint {
    for (let event = second - 1; event >= 0; event--) {
      if (event >= first && this.happensBefore(first, event)) continue;
      const operation = this.operation[event];
      if (operation?.address !== address || !(operation instanceof LockOperation)) continue;
      const kind = kindOf(this.foot[event] as Footprint);
      if (kind === ACQUIRE && operation.done) return footprint(address, TRY_FAILED);
      if (kind === RELEASE) break;
    }
    return footprint(address, ACQUIRE);
  }
}

/** Make an event that had the footprint `before`. Returns the footprint, to be compared. */
export function makeAgain(
  execution: Execution,
  task: TaskState,
  event: number,
  before: Footprint,
): Footprint {
  const operation = task.pending as Operation<unknown>;
  const kind = effectOf(operation);
  const way = kind === CHOOSE && kindOf(before) === CHOOSE ? addressOf(before) : 0;
  const foot = footprint(kind === CHOOSE ? way : operation.address, kind);
  execution.step(task, event, way);
  return foot;
}

/** The clock at `to` is that at `from` to begin with, or zero. */
function begin(clock: Int32Array, to: number, from: number, width: number): void {
  if (from < 0) for (let i = 0; i < width; i++) clock[to + i] = 0;
  else for (let i = 0; i < width; i++) clock[to + i] = clock[from + i] as number;
}

function joinClock(clock: Int32Array, to: number, from: number, width: number): void {
  for (let i = 0; i < width; i++) {
    const value = clock[from + i] as number;
    if (value > (clock[to + i] as number)) clock[to + i] = value;
  }
}

function doubled(array: Int32Array): Int32Array {
  const bigger = new Int32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}
