import { nameOf } from '../checks/check.ts';
import { guarded } from '../checks/thrown.ts';
import { Misuse, ModelError } from '../failure.ts';
import {
  AWAIT,
  type Kind,
  Operation,
  READ,
  type Step,
  type StepText,
  type Unsure,
  UPDATE,
  WRITE,
} from '../op.ts';
import { describeValue } from '../text.ts';
import type { World } from '../world.ts';
import type { Struct } from './heap.ts';
import { Shared } from './shared.ts';
import type { Undoable } from './trail.ts';

/** A variable that tasks share. Reached only through verbs: `yield* read(cell)`. */
export class Cell<T> extends Shared implements Undoable {
  value: T;

  constructor(world: World, label: string, value: T, owner: Struct | null = null) {
    super(world, label, owner);
    this.value = value;
    if (!Object.hasOwn(this, 'value'))
      throw new ModelError(`the class of ${this.text} says itself what is in a cell`);
    if (owner === null) world.roots.push(this);
  }

  putBack(before: unknown): void {
    this.value = before as T;
  }
}

/** The world of what must be a cell. */
function worldOf(cell: Cell<never> | Cell<unknown>): World {
  if (cell instanceof Cell) return cell.world;
  throw new Misuse(`read(), write() and their like take a cell, not ${nameOf(cell)}`);
}

/** An operation on a cell. */
export abstract class CellOperation<C, T> extends Operation<T> {
  readonly cell: Cell<C>;
  /** Plain accesses race with unordered accesses of other tasks; marked ones only with plain ones. */
  readonly marked: boolean;

  constructor(cell: Cell<C>, kind: Kind | Unsure, marked: boolean) {
    super(cell.world, kind, cell.address);
    this.cell = cell;
    this.marked = marked;
  }

  /** Whether it orders the accesses around it, as an atomic read-modify-write does. */
  get orders(): boolean {
    return false;
  }

  override subject(): string {
    return this.cell.className;
  }
}

/** An operation that looks at what is in the cell. */
abstract class Look<C> extends CellOperation<C, C> {
  override perform(): C {
    return load(this.cell);
  }

  override describe(): StepText {
    return { op: 'read', target: this.cell.text, value: describeValue(this.value) };
  }
}

function load<C>(cell: Cell<C>): C {
  cell.touch();
  const task = cell.world.running;
  if (task !== null) task.lastRead = cell;
  return cell.value;
}

class Read<C> extends Look<C> {
  constructor(cell: Cell<C>, marked: boolean) {
    super(cell, READ, marked);
  }
}

/** A read that can be made only while the cell holds what the task waits for. */
export class Until<C> extends Look<C> {
  readonly #holds: (value: C) => boolean;
  /** The function that waits. */
  readonly #site: string;

  constructor(cell: Cell<C>, holds: (value: C) => boolean) {
    super(cell, AWAIT, true);
    this.#holds = holds;
    this.#site = cell.world.functionName();
  }

  override get orders(): boolean {
    return true;
  }

  override effect(): Kind {
    return READ;
  }

  /** Whether the task would go on if it found this value. */
  accepts(value: C): boolean {
    const where = (): string => `the predicate of until() in ${this.#site}, for ${this.cell.text},`;
    const answer: unknown = guarded(where, () => this.#holds(value));
    if (typeof answer === 'boolean') return answer;
    throw new ModelError(
      `until() in ${this.#site} waits for ${this.cell.text}: its predicate must ` +
        `return true or false, not ${describeValue(answer)}`,
    );
  }

  override enabled(): boolean {
    return this.cell.owner?.freed === true || this.accepts(this.cell.value);
  }
}

/** The same of a task that gives up after some time, which is another execution. */
class UntilInTime<C> extends Until<C> {
  override get isInVain(): boolean {
    return true;
  }
}

/** An operation that may store a value: what was in the cell before and what is after it. */
export abstract class Store<C, T> extends CellOperation<C, T> {
  before: C;
  after: C;

  constructor(cell: Cell<C>, kind: Kind | Unsure, marked: boolean, after: C) {
    super(cell, kind, marked);
    this.before = after;
    this.after = after;
  }
}

class Write<C> extends Store<C, void> {
  constructor(cell: Cell<C>, value: C, marked: boolean) {
    super(cell, WRITE, marked, value);
  }

  override perform(): void {
    this.before = store(this.cell, this.after);
  }

  override describe(): StepText {
    return { op: 'write', target: this.cell.text, value: describeValue(this.after) };
  }
}

/** What was there before. */
function store<C>(cell: Cell<C>, value: C): C {
  cell.touch();
  const before = cell.value;
  cell.world.trail?.note(cell, before);
  cell.value = value;
  return before;
}

/** Replace the value by `change(value)` in one step; ordered like a full barrier. */
export class Update<C> extends Store<C, C> {
  readonly change: (value: C) => C;
  /** Whether the operation writes at all, given the value it finds. */
  readonly writes: (value: C) => boolean;
  readonly #orders: boolean;

  constructor(
    cell: Cell<C>,
    change: (value: C) => C,
    writes: (value: C) => boolean,
    orders: boolean,
  ) {
    super(cell, UPDATE, true, cell.value);
    this.change = change;
    this.writes = writes;
    this.#orders = orders;
  }

  override get orders(): boolean {
    return this.#orders;
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
    this.after = before;
    if (this.writes(before)) {
      this.after = this.change(before);
      this.world.trail?.note(this.cell, before);
      this.cell.value = this.after;
    }
    return before;
  }

  override describe(): StepText {
    return {
      op: this.writes(this.before) ? 'write' : 'read',
      target: this.cell.text,
      value: describeValue(this.after),
    };
  }
}

function reading<T>(cell: Cell<T>, marked: boolean): Step<T> {
  const { alone, fed } = worldOf(cell);
  if (alone !== null) return alone.step(load(cell));
  return fed?.again<T>(READ, cell.address, Read) ?? new Read(cell, marked);
}

function writing<T>(cell: Cell<T>, value: T, marked: boolean): Step<void> {
  const { alone, fed } = worldOf(cell);
  if (alone === null) {
    return fed?.again<void>(WRITE, cell.address, Write) ?? new Write(cell, value, marked);
  }
  store(cell, value);
  return alone.step(undefined);
}

/** A plain read: another task's unordered plain or marked write to the same cell is a data race. */
export function read<T>(cell: Cell<T>): Step<T> {
  return reading(cell, false);
}

/** A plain write: another task's unordered access to the same cell is a data race. */
export function write<T>(cell: Cell<T>, value: T): Step<void> {
  return writing(cell, value, false);
}

/** A marked read: races only with plain writes. */
export function READ_ONCE<T>(cell: Cell<T>): Step<T> {
  return reading(cell, true);
}

/** A marked write: races only with plain accesses. */
export function WRITE_ONCE<T>(cell: Cell<T>, value: T): Step<void> {
  return writing(cell, value, true);
}

/**
 * Wait until the cell holds a value that the predicate accepts; that value. The task makes no step
 * before: a loop that reads again and again would have no end. Marked, and ordered after the
 * `update()` or `cmpxchg()` that stored the value, like a read with acquire semantics. Tasks that
 * wait for values that nobody stores any more are a `deadlock`.
 *
 * @param holds must depend on nothing but the value it is given
 */
export function until<T>(cell: Cell<T>, holds: (value: T) => boolean): Step<T> {
  worldOf(cell);
  return new Until(cell, holds);
}

/**
 * The same for a task that would give up after some time: if the value never comes, the execution is
 * counted as abandoned. Whoever uses it has the task give up in another one, by `choose()`.
 */
export function untilInTime<T>(cell: Cell<T>, holds: (value: T) => boolean): Step<T> {
  worldOf(cell);
  return new UntilInTime(cell, holds);
}

/**
 * Atomic read-modify-write: stores `change(value)` and returns the value from before.
 *
 * @param orders whether it orders the accesses around it; else it is only marked
 */
export function update<T>(cell: Cell<T>, change: (value: T) => T, orders = true): Step<T> {
  worldOf(cell);
  return new Update(cell, change, always, orders);
}

/**
 * Atomic compare-and-swap: stores `next` if the cell holds `expected`; returns the old value.
 *
 * @param orders whether it orders the accesses around it; else it is only marked
 */
export function cmpxchg<T>(cell: Cell<T>, expected: T, next: T, orders = true): Step<T> {
  worldOf(cell);
  return new Update(
    cell,
    () => next,
    (value) => value === expected,
    orders,
  );
}

function always(): boolean {
  return true;
}
