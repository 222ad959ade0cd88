import { addressOf, kindOf } from '../program/dependence.ts';
import type { Failure } from '../program/failure.ts';
import type { Cell, CellOperation } from '../program/objects/cell.ts';
import { type Operation, WRITE } from '../program/op.ts';
import type { Run } from './run.ts';

/** What all data races with one fingerprint have in common. */
export interface RaceClass {
  readonly function: string;
  readonly object: string;
}

/** The class of the races that two functions have on one cell. */
interface KnownRace {
  readonly a: string;
  readonly b: string;
  readonly number: number;
  readonly next: KnownRace | undefined;
}

/**
 * Pairs of accesses that nothing but luck kept apart. As in KCSAN: different tasks, one cell, at
 * least one write, at least one of the two plain, and no lock, thread start, join or atomic
 * read-modify-write that orders them. Plain accesses are otherwise taken to be single-copy atomic.
 *
 * A race belongs to its second access, so the races of a prefix stay when the search goes back.
 */
export class DataRaces {
  /** How many races this execution has. */
  count = 0;
  /** The races in the order of their second events. What lies beyond `count` is of no meaning. */
  readonly first: number[] = [];
  readonly second: number[] = [];
  /** Into {@link classes}. */
  readonly classOf: number[] = [];
  /** How many tasks and how many events it takes at least to make the race happen. */
  readonly tasks: number[] = [];
  readonly events: number[] = [];
  /** All kinds of races seen so far, in any execution. */
  readonly classes: RaceClass[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #byAddress: (KnownRace | undefined)[] = [];
  /** By address and task: the last access of the task to the cell, and by address who has any. */
  #last: Int32Array = new Int32Array(0);
  #users: Int32Array = new Int32Array(0);
  /**
   * By event: the access of the same task to the same cell before it, and the last one before it that
   * can be in another race. A loop makes the same access again and again.
   */
  readonly #before: number[] = [];
  readonly #other: number[] = [];

  /** Go back to the first `length` events. Called before the run itself goes back. */
  rewind(run: Run, length: number): void {
    while (this.count > 0 && (this.second[this.count - 1] as number) >= length) this.count--;
    for (let event = run.length - 1; event >= length; event--) {
      const foot = run.foot[event] as number;
      if (kindOf(foot) > WRITE) continue;
      const address = addressOf(foot);
      const task = run.task[event] as number;
      const before = this.#before[event] as number;
      this.#last[address * run.width + task] = before;
      if (before < 0) this.#users[address] = (this.#users[address] as number) & ~(1 << task);
    }
  }

  /** Event `event`, an access to a cell, is about to happen: look for accesses it races with. */
  check(run: Run, event: number, operation: CellOperation<unknown, unknown>): void {
    const { address, cell, marked } = operation;
    this.#reserve(run, address);
    const others = (this.#users[address] as number) & ~(1 << (run.task[event] as number));
    this.#remember(run, event, address);
    if (cell.owner?.freed === true || others === 0) return;
    const writes = kindOf(run.foot[event] as number) === WRITE;
    const base = address * run.width;
    for (let rest = others; rest !== 0; rest &= rest - 1) {
      const last = base + 31 - Math.clz32(rest & -rest);
      let other = this.#last[last] as number;
      for (; other >= 0 && !run.synchronized(other, event); other = this.#other[other] as number) {
        if (!writes && kindOf(run.foot[other] as number) !== WRITE) continue;
        const otherAccess = run.operation[other] as CellOperation<unknown, unknown>;
        if (!(marked && otherAccess.marked)) this.#add(run, other, event, cell);
      }
    }
  }

  #reserve({ width }: Run, address: number): void {
    if (address < this.#users.length) return;
    const size = Math.max(64, address + 1, this.#users.length * 2);
    const users = new Int32Array(size);
    users.set(this.#users);
    this.#users = users;
    const last = new Int32Array(size * width).fill(-1);
    last.set(this.#last);
    this.#last = last;
  }

  /** Event `event` is the last access of its task to the cell at `address`. */
  #remember(run: Run, event: number, address: number): void {
    const task = run.task[event] as number;
    const at = address * run.width + task;
    const before = this.#last[at] as number;
    this.#before[event] = before;
    this.#other[event] =
      before >= 0 && isAlike(run, before, event) ? (this.#other[before] as number) : before;
    this.#last[at] = event;
    this.#users[address] = (this.#users[address] as number) | (1 << task);
  }

  #add(run: Run, first: number, second: number, cell: Cell<unknown>): void {
    const number = this.#classNumber(cell, run.site[first] as string, run.site[second] as string);
    for (let i = this.count - 1; i >= 0 && this.second[i] === second; i--) {
      if (this.classOf[i] !== number) continue;
      // Of several the latest is told.
      this.first[i] = Math.max(first, this.first[i] as number);
      return;
    }
    const at = this.count++;
    this.first[at] = first;
    this.second[at] = second;
    this.classOf[at] = number;
    this.tasks[at] = run.tasksBefore(second);
    this.events[at] = run.eventsBefore(second);
  }

  #classNumber(cell: Cell<unknown>, a: string, b: string): number {
    // A cell outside the heap has its address for good: few pairs of functions race on one.
    const known = cell.owner?.fromHeap === true ? undefined : this.#byAddress[cell.address];
    for (let entry = known; entry !== undefined; entry = entry.next)
      if (entry.a === a && entry.b === b) return entry.number;
    const name = a === b ? a : a < b ? `${a} / ${b}` : `${b} / ${a}`;
    const object = cell.className;
    const key = `${name}:${object}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.classes.push({ function: name, object }) - 1;
      this.#numbers.set(key, number);
    }
    if (cell.owner?.fromHeap !== true)
      this.#byAddress[cell.address] = { a, b, number, next: known };
    return number;
  }

  /** What the races of this execution are as failures. */
  failures(run: Run, taskName: (index: number) => string): Failure[] {
    return this.second.slice(0, this.count).map((event, i) => {
      const first = this.first[i] as number;
      const operation = run.operation[event] as CellOperation<unknown, unknown>;
      const { function: name, object } = this.classes[this.classOf[i] as number] as RaceClass;
      return {
        kind: 'data-race',
        function: name,
        object,
        message:
          `${describe(run, event)} of ${operation.cell.text} by ${taskName(run.task[event] as number)} ` +
          `is not ordered with the ${describe(run, first)} by ${taskName(run.task[first] as number)}`,
        task: run.task[event] as number,
        event,
      };
    });
  }
}

/** Whether two accesses of a task to one cell would be in races of the same class. */
function isAlike(run: Run, a: number, b: number): boolean {
  const one = run.operation[a] as CellOperation<unknown, unknown>;
  const other = run.operation[b] as CellOperation<unknown, unknown>;
  return run.site[a] === run.site[b] && one.marked === other.marked && run.foot[a] === run.foot[b];
}

function describe(run: Run, event: number): string {
  const operation = run.operation[event] as Operation<unknown> & { readonly marked: boolean };
  const verb = kindOf(run.foot[event] as number) === WRITE ? 'write' : 'read';
  return `${operation.marked ? 'marked' : 'plain'} ${verb} in ${run.site[event]}()`;
}
