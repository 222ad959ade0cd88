import type { Struct } from './heap.ts';
import { type Kind, Operation, READ, type Step, type StepText, WRITE } from './op.ts';
import { checkRace } from './race.ts';
import { type Access, Shared } from './shared.ts';
import { joinClock, type TaskState } from './task.ts';
import { describeValue } from './text.ts';
import type { World } from './world.ts';

/** A variable that tasks share. Reached only through verbs: `yield* read(cell)`. */
export class Cell<T> extends Shared {
  value: T;
  /** The last write and the reads since, for the data-race check. */
  lastAccess: Access | null = null;
  readonly readers: Access[] = [];

  constructor(world: World, label: string, value: T, owner: Struct | null = null) {
    super(world, label, owner);
    this.value = value;
  }

  /** What atomic operations on this cell have made visible to the next one. */
  #released: Int32Array | null = null;

  /** An atomic operation orders what comes before it against what follows the next one. */
  synchronize(task: TaskState, writes: boolean): void {
    if (this.#released !== null) joinClock(task.sync, this.#released);
    if (!writes) return;
    this.#released = task.sync.slice();
    task.sync[task.index] = (task.sync[task.index] ?? 0) + 1;
  }
}

abstract class CellOperation<C, T> extends Operation<T> {
  readonly cell: Cell<C>;
  readonly marked: boolean;

  constructor(cell: Cell<C>, marked: boolean) {
    super(cell.world);
    this.cell = cell;
    this.marked = marked;
  }

  override get address(): number {
    return this.cell.address;
  }

  override subject(): string {
    return this.cell.className;
  }
}

class Read<C> extends CellOperation<C, C> {
  override readonly kind: Kind = READ;

  override perform(): C {
    this.cell.touch();
    const task = this.world.running;
    if (task !== null) {
      task.lastRead = this.cell;
      if (!this.world.settingUp) checkRace(this.cell, task, false, this.marked);
    }
    return this.cell.value;
  }

  override describe(): StepText {
    return { op: 'read', target: this.cell.text, value: describeValue(this.value) };
  }
}

class Write<C> extends CellOperation<C, void> {
  override readonly kind: Kind = WRITE;
  readonly written: C;
  /** The value it replaced. */
  before: C;

  constructor(cell: Cell<C>, value: C, marked: boolean) {
    super(cell, marked);
    this.written = value;
    this.before = value;
  }

  override perform(): void {
    this.cell.touch();
    const task = this.world.running;
    if (task !== null && !this.world.settingUp) checkRace(this.cell, task, true, this.marked);
    this.before = this.cell.value;
    this.cell.value = this.written;
  }

  override describe(): StepText {
    return { op: 'write', target: this.cell.text, value: describeValue(this.written) };
  }
}

/** Replace the value by `change(value)` in one step; ordered like a full barrier. */
export class Update<C> extends CellOperation<C, C> {
  override readonly kind: Kind = WRITE;
  readonly change: (value: C) => C;
  /** Whether the operation writes at all, given the value it finds. */
  readonly writes: (value: C) => boolean;
  /** The value it found. */
  before: C;

  constructor(cell: Cell<C>, change: (value: C) => C, writes: (value: C) => boolean) {
    super(cell, true);
    this.change = change;
    this.writes = writes;
    this.before = cell.value;
  }

  override effect(): Kind {
    return this.effectOn(this.cell.value);
  }

  effectOn(value: C): Kind {
    return this.writes(value) ? WRITE : READ;
  }

  override perform(): C {
    this.cell.touch();
    const before = this.cell.value;
    this.before = before;
    const writes = this.writes(before);
    const task = this.world.running;
    if (task !== null && !this.world.settingUp) {
      checkRace(this.cell, task, writes, true);
      this.cell.synchronize(task, writes);
    }
    if (writes) this.cell.value = this.change(before);
    return before;
  }

  override describe(): StepText {
    const wrote = this.cell.value !== this.value;
    return {
      op: wrote ? 'write' : 'read',
      target: this.cell.text,
      value: describeValue(this.cell.value),
    };
  }
}

/** A plain read: another task's unordered plain or marked write to the same cell is a data race. */
export function read<T>(cell: Cell<T>): Step<T> {
  return new Read(cell, false);
}

/** A plain write: another task's unordered access to the same cell is a data race. */
export function write<T>(cell: Cell<T>, value: T): Step<void> {
  return new Write(cell, value, false);
}

/** A marked read: races only with plain writes. */
export function READ_ONCE<T>(cell: Cell<T>): Step<T> {
  return new Read(cell, true);
}

/** A marked write: races only with plain accesses. */
export function WRITE_ONCE<T>(cell: Cell<T>, value: T): Step<void> {
  return new Write(cell, value, true);
}

/** Atomic read-modify-write: stores `change(value)` and returns the value from before. */
export function update<T>(cell: Cell<T>, change: (value: T) => T): Step<T> {
  return new Update(cell, change, always);
}

/** Atomic compare-and-swap: stores `next` if the cell holds `expected`; returns the old value. */
export function cmpxchg<T>(cell: Cell<T>, expected: T, next: T): Step<T> {
  return new Update(
    cell,
    () => next,
    (value) => value === expected,
  );
}

function always(): boolean {
  return true;
}
