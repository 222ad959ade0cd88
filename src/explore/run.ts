import { Update } from './cell.ts';
import {
  ACQUIRE,
  addressOf,
  type Footprint,
  FREE,
  footprint,
  JOIN,
  kindOf,
  READ,
  RELEASE,
  SPAWN,
  TRY_FAILED,
  WRITE,
} from './dependence.ts';
import type { Execution } from './execution.ts';
import type { Lock } from './lock.ts';
import { TryAcquire } from './lock.ts';
import type { Kind, Operation } from './op.ts';
import type { Join, TaskState } from './task.ts';
import type { Names } from './world.ts';

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
  /** The operations themselves, of this execution only. */
  readonly operation: Operation<unknown>[] = [];
  /** Event `e` happens before event `d` iff `clock[d * width + task[e]] >= ordinal[e]`. */
  #clock: Int32Array;

  /** Pairs (first, second) of events whose order could be reversed, found in this execution. */
  readonly races: number[] = [];

  // By address: the last write (acquisition), the last release, and the reads since the write.
  #lastWrite: Int32Array = new Int32Array(0);
  #lastRelease: Int32Array = new Int32Array(0);
  #readers: Int32Array = new Int32Array(0);
  #lastRead: Int32Array = new Int32Array(0);
  /** By property: the last write to a cell it watches. */
  readonly #lastWatched: number[] = [];

  constructor(names: Names, width: number) {
    this.names = names;
    this.width = width;
    this.#clock = new Int32Array(width * 256);
  }

  /** Forget the execution, keeping the events of a prefix to compare with and build on. */
  restart(): void {
    this.#lastWrite.fill(-1);
    this.#lastRelease.fill(-1);
    this.#readers.fill(0);
    this.#lastWatched.length = 0;
    this.races.length = 0;
    this.length = 0;
  }

  happensBefore(first: number, second: number): boolean {
    return (
      (this.#clock[second * this.width + (this.task[first] as number)] as number) >=
      (this.ordinal[first] as number)
    );
  }

  clockOf(event: number, task: number): number {
    return this.#clock[event * this.width + task] as number;
  }

  /** Make the next event: `task` performs its pending operation. Replayed events keep their clock. */
  step(execution: Execution, task: TaskState, replayed: boolean): Footprint {
    const operation = task.pending as Operation<unknown>;
    const depth = this.length;
    const kind = operation.effect();
    const address = operation.address;
    const foot = footprint(address, kind);
    this.operation[depth] = operation;
    if (!replayed) {
      this.task[depth] = task.index;
      this.foot[depth] = foot;
      this.ordinal[depth] = task.events + 1;
      this.previous[depth] = task.lastEvent;
      this.#reserve(depth, address);
      this.#order(depth, task, operation, address, kind);
    } else {
      this.#reserve(depth, address);
    }
    this.#remember(depth, task.index, address, kind);
    this.length = depth + 1;
    execution.step(task, depth);
    return foot;
  }

  #reserve(depth: number, address: number): void {
    const needed = (depth + 1) * this.width;
    if (this.#clock.length < needed) this.#clock = grown(this.#clock, needed, 0);
    if (address >= this.#lastWrite.length) {
      const size = Math.max(64, this.names.lifetime.length, address + 1);
      this.#lastWrite = grown(this.#lastWrite, size, -1);
      this.#lastRelease = grown(this.#lastRelease, size, -1);
      this.#readers = grown(this.#readers, size, 0);
      this.#lastRead = grown(this.#lastRead, this.#lastWrite.length * this.width, -1);
    }
  }

  /** Set the clock of a new event and note the races it is the second half of. */
  #order(
    depth: number,
    task: TaskState,
    operation: Operation<unknown>,
    address: number,
    kind: Kind,
  ): void {
    const { width } = this;
    const clock = this.#clock;
    const base = depth * width;
    const previous = task.lastEvent;
    if (previous >= 0) clock.copyWithin(base, previous * width, (previous + 1) * width);
    else clock.fill(0, base, base + width);
    switch (kind) {
      case READ:
        this.#after(depth, previous, this.#lastWrite[address] as number, true);
        break;
      case WRITE: {
        const read = this.#afterReads(depth, previous, address, true);
        this.#after(depth, previous, this.#lastWrite[address] as number, !read);
        const watch = this.names.watch[address] as number;
        if (watch >= 0) this.#after(depth, previous, this.#lastWatched[watch] ?? -1, true);
        break;
      }
      case ACQUIRE:
        this.#race(depth, previous, this.#lastWrite[address] as number);
        this.#after(depth, previous, this.#lastRelease[address] as number, false);
        break;
      case TRY_FAILED:
        this.#after(depth, previous, this.#lastWrite[address] as number, true);
        break;
      case RELEASE:
        this.#afterReads(depth, previous, address, true);
        break;
      case FREE: {
        const read = this.#afterReads(depth, previous, address, true);
        this.#after(depth, previous, this.#lastWrite[address] as number, !read);
        break;
      }
      case JOIN:
        this.#after(depth, previous, (operation as Join).target.lastEvent, false);
        break;
      case SPAWN:
        break;
    }
    if (kind < FREE) {
      const lifetime = this.names.lifetime[address] as number;
      if (lifetime >= 0) {
        this.#reserve(depth, lifetime);
        const waits =
          kind === ACQUIRE && (operation as unknown as { lock: Lock }).lock.holder !== null;
        this.#after(depth, previous, this.#lastWrite[lifetime] as number, !waits);
      }
    }
    this.#clock[base + task.index] = this.ordinal[depth] as number;
  }

  #remember(depth: number, task: number, address: number, kind: Kind): void {
    switch (kind) {
      case READ:
      case TRY_FAILED:
        this.#markRead(address, task, depth);
        break;
      case WRITE: {
        this.#lastWrite[address] = depth;
        this.#readers[address] = 0;
        const watch = this.names.watch[address] as number;
        if (watch >= 0) this.#lastWatched[watch] = depth;
        break;
      }
      case ACQUIRE:
      case FREE:
        this.#lastWrite[address] = depth;
        this.#readers[address] = 0;
        break;
      case RELEASE:
        this.#lastRelease[address] = depth;
        this.#readers[address] = 0;
        break;
      default:
        return;
    }
    if (kind === FREE) return;
    const lifetime = this.names.lifetime[address] as number;
    if (lifetime >= 0) {
      this.#reserve(depth, lifetime);
      this.#markRead(lifetime, task, depth);
    }
  }

  #markRead(address: number, task: number, depth: number): void {
    this.#readers[address] = (this.#readers[address] as number) | (1 << task);
    this.#lastRead[address * this.width + task] = depth;
  }

  #afterReads(depth: number, previous: number, address: number, race: boolean): boolean {
    let mask = this.#readers[address] as number;
    let raced = false;
    const own = 1 << (this.task[depth] as number);
    while (mask !== 0) {
      const bit = mask & -mask;
      mask ^= bit;
      if (bit === own) continue;
      raced = true;
      const reader = this.#lastRead[address * this.width + (31 - Math.clz32(bit))] as number;
      this.#after(depth, previous, reader, race);
    }
    return raced;
  }

  /** Order event `depth` after `event`, which may be -1 for none. */
  #after(depth: number, previous: number, event: number, race: boolean): void {
    if (event < 0) return;
    if (race) this.#race(depth, previous, event);
    const clock = this.#clock;
    const to = depth * this.width;
    const from = event * this.width;
    for (let i = 0; i < this.width; i++) {
      const value = clock[from + i] as number;
      if (value > (clock[to + i] as number)) clock[to + i] = value;
    }
  }

  /** Note that `event` and `depth` race, unless the task had already seen `event` before. */
  #race(depth: number, previous: number, event: number): void {
    if (event < 0 || this.task[event] === this.task[depth]) return;
    if (previous >= 0 && this.happensBefore(event, previous)) return;
    this.races.push(event, depth);
  }

  /** The acquisition that a task waiting for `lock` lost against, if the two could be reversed. */
  lostAgainst(task: TaskState, lock: Lock): number {
    const event = this.#lastWrite[lock.address] as number;
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
    const foot = this.foot[second] as Footprint;
    const address = addressOf(foot);
    if (operation instanceof Update) {
      const before = this.#lastBefore(first, second, address, WRITE);
      const value =
        before < 0
          ? this.#initial(address, operation)
          : valueAfter(this.operation[before] as Operation<unknown>);
      return footprint(address, operation.effectOn(value));
    }
    if (operation instanceof TryAcquire) {
      for (let event = second - 1; event >= 0; event--) {
        if (event >= first && this.happensBefore(first, event)) continue;
        const other = this.foot[event] as Footprint;
        if (addressOf(other) !== address) continue;
        if (kindOf(other) === ACQUIRE) return footprint(address, TRY_FAILED);
        if (kindOf(other) === RELEASE) break;
      }
      return footprint(address, ACQUIRE);
    }
    return foot;
  }

  #lastBefore(first: number, second: number, address: number, kind: Kind): number {
    for (let event = second - 1; event >= 0; event--) {
      if (event >= first && this.happensBefore(first, event)) continue;
      if ((this.foot[event] as Footprint) === footprint(address, kind)) return event;
    }
    return -1;
  }

  #initial(address: number, operation: Update<unknown>): unknown {
    const wanted = footprint(address, WRITE);
    for (let event = 0; event < this.length; event++) {
      if (this.foot[event] !== wanted) continue;
      const first = this.operation[event] as unknown as { before: unknown };
      return first.before;
    }
    return operation.cell.value;
  }
}

function valueAfter(operation: Operation<unknown>): unknown {
  return operation instanceof Update
    ? operation.change(operation.before)
    : (operation as unknown as { written: unknown }).written;
}

function grown(array: Int32Array, size: number, fill: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(Math.max(size, array.length * 2)).fill(fill);
  bigger.set(array);
  return bigger;
}
