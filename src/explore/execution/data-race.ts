import type { Cell, CellOperation } from '../program/cell.ts';
import { addressOf, kindOf } from '../program/dependence.ts';
import type { Failure } from '../program/failure.ts';
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
  /** By event: the event before it on the same cell, and by address the last one. */
  readonly #before: number[] = [];
  #last: Int32Array = new Int32Array(64).fill(-1);

  /** Go back to the first `length` events. Called before the run itself goes back. */
  rewind(run: Run, length: number): void {
    while (this.count > 0 && (this.second[this.count - 1] as number) >= length) this.count--;
    for (let event = run.length - 1; event >= length; event--) {
      const foot = run.foot[event] as number;
      if (kindOf(foot) <= WRITE) this.#last[addressOf(foot)] = this.#before[event] as number;
    }
  }

  /** Event `event`, an access to a cell, is about to happen: look for accesses it races with. */
  check(run: Run, event: number, operation: CellOperation<unknown, unknown>): void {
    const { address, cell, marked } = operation;
    if (address >= this.#last.length) {
      const bigger = new Int32Array(Math.max(address + 1, this.#last.length * 2)).fill(-1);
      bigger.set(this.#last);
      this.#last = bigger;
    }
    const task = run.task[event] as number;
    const writes = kindOf(run.foot[event] as number) === WRITE;
    let other = this.#last[address] as number;
    this.#before[event] = other;
    this.#last[address] = event;
    if (cell.owner?.freed === true) return;
    // Tasks all of whose earlier accesses are known to be ordered with this one.
    let ordered = 1 << task;
    for (; other >= 0; other = this.#before[other] as number) {
      const otherTask = run.task[other] as number;
      if ((ordered & (1 << otherTask)) !== 0) continue;
      if (run.synchronized(other, event)) {
        ordered |= 1 << otherTask;
        continue;
      }
      if (!writes && kindOf(run.foot[other] as number) !== WRITE) continue;
      const otherAccess = run.operation[other] as CellOperation<unknown, unknown>;
      if (!(marked && otherAccess.marked)) this.#add(run, other, event, cell);
    }
  }

  #add(run: Run, first: number, second: number, cell: Cell<unknown>): void {
    const number = this.#classNumber(cell, run.site[first] as string, run.site[second] as string);
    for (let i = this.count - 1; i >= 0 && this.second[i] === second; i--)
      if (this.classOf[i] === number) return;
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

function describe(run: Run, event: number): string {
  const operation = run.operation[event] as Operation<unknown> & { readonly marked: boolean };
  const verb = kindOf(run.foot[event] as number) === WRITE ? 'write' : 'read';
  return `${operation.marked ? 'marked' : 'plain'} ${verb} in ${run.site[event]}()`;
}
