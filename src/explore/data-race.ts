import { type Cell, CellOperation } from './cell.ts';
import { kindOf } from './dependence.ts';
import type { Failure } from './failure.ts';
import { type Operation, WRITE } from './op.ts';
import type { Run } from './run.ts';

/** What all data races with one fingerprint have in common. */
export interface RaceClass {
  readonly function: string;
  readonly object: string;
}

/**
 * Pairs of accesses that nothing but luck kept apart. As in KCSAN: different tasks, one cell, at
 * least one write, at least one of the two plain, and no lock, thread start, join or atomic
 * read-modify-write that orders them. Plain accesses are otherwise taken to be single-copy atomic.
 *
 * A race belongs to its second access, so the races of a prefix stay when the search goes back.
 */
export class DataRaces {
  /** The races of this execution in the order of their second events. */
  readonly first: number[] = [];
  readonly second: number[] = [];
  /** Into {@link classes}. */
  readonly classOf: number[] = [];
  /** All kinds of races seen so far, in any execution. */
  readonly classes: RaceClass[] = [];
  readonly #numbers = new Map<string, number>();
  /** By event: the event before it on the same cell, and by address the last one. */
  readonly #before: number[] = [];
  #last: Int32Array = new Int32Array(64).fill(-1);

  /** Go back to the first `length` events. Called before the run itself goes back. */
  rewind(run: Run, length: number): void {
    let count = this.second.length;
    while (count > 0 && (this.second[count - 1] as number) >= length) count--;
    this.first.length = count;
    this.second.length = count;
    this.classOf.length = count;
    for (let event = run.length - 1; event >= length; event--) {
      const operation = run.operation[event];
      if (operation instanceof CellOperation)
        this.#last[operation.address] = this.#before[event] as number;
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
    const a = run.site[first] as string;
    const b = run.site[second] as string;
    const name = a === b ? a : a < b ? `${a} / ${b}` : `${b} / ${a}`;
    const object = cell.className;
    const key = `${name}:${object}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.classes.push({ function: name, object }) - 1;
      this.#numbers.set(key, number);
    }
    for (let i = this.second.length - 1; i >= 0 && this.second[i] === second; i--)
      if (this.classOf[i] === number) return;
    this.first.push(first);
    this.second.push(second);
    this.classOf.push(number);
  }

  /** What the races of this execution are as failures. */
  failures(run: Run, taskName: (index: number) => string): Failure[] {
    return this.second.map((event, i) => {
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
