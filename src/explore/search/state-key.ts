import { CellOperation, Store, Update } from '../program/objects/cell.ts';
import { Choice } from '../program/objects/choice.ts';
import { LockOperation } from '../program/objects/lock.ts';
import { Shared } from '../program/objects/shared.ts';
import { FREE, type Operation } from '../program/op.ts';
import type { TaskState } from '../program/task.ts';

/** What there was before an event of `task` that touched what is at `address`. */
interface Change {
  readonly task: number;
  readonly history: number | undefined;
  readonly address: number;
  readonly memory: string | undefined;
}

/**
 * Describes the state an execution has come to, so that two ways to the same state are known to be
 * one. A deterministic task is a function of what its operations returned, so its state is the list
 * of these; memory is the last value of each cell and the holder of each lock.
 *
 * Values are compared by what they are where that can be told (numbers, strings, objects with an
 * address); otherwise by the event that wrote them. Keys are exact: equal keys, equal states.
 */
export class StateKeys {
  /** Numbers for the histories of tasks: each is the one before it and one more event. */
  readonly #histories = new Map<string, number>();
  readonly #history: (number | undefined)[] = [];
  /** By address: what is there, as text. */
  readonly #memory: (string | undefined)[] = [];
  /** By event: what it has changed. */
  readonly #changes: Change[] = [];

  /** Go back to the first `length` events. */
  rewind(length: number): void {
    const changes = this.#changes;
    while (changes.length > length) {
      const { task, history, address, memory } = changes.pop() as Change;
      this.#history[task] = history;
      if (address >= 0) this.#memory[address] = memory;
    }
  }

  /** `task` has performed `operation`. */
  add(task: TaskState, operation: Operation<unknown>): void {
    const history = this.#history;
    const { address } = operation;
    const memory = this.#memory[address];
    this.#changes.push({ task: task.index, history: history[task.index], address, memory });
    const result = operation.done ? this.#resultOf(operation) : 'crash';
    const key = `${history[task.index] ?? -1} ${operation.kind} ${address} ${result}`;
    let number = this.#histories.get(key);
    if (number === undefined) {
      number = this.#histories.size;
      this.#histories.set(key, number);
    }
    history[task.index] = number;
    if (operation.done) this.#remember(operation, `by ${task.index}.${task.events}`);
  }

  #remember(operation: Operation<unknown>, author: string): void {
    const { address } = operation;
    if (operation instanceof Store) {
      if (operation instanceof Update && operation.before === operation.after) return;
      const initial = this.#memory[address] === undefined ? text(operation.before, '') : '';
      const now = text(operation.after, author);
      this.#memory[address] = now === initial ? undefined : now;
    } else if (operation instanceof LockOperation) {
      const { holder } = operation.lock;
      this.#memory[address] = holder === null ? undefined : `${holder.index}`;
    } else if (operation.kind === FREE) {
      this.#memory[address] = 'freed';
    }
  }

  #resultOf(operation: Operation<unknown>): string {
    if (operation instanceof Choice) return `${operation.picked}`;
    if (operation instanceof CellOperation)
      return text(operation.value, this.#memory[operation.address] ?? 'by setup');
    return operation instanceof LockOperation ? `${operation.value}` : '';
  }

  /** The state now. */
  key(): string {
    return `${this.#history.join()}|${this.#memory.map((value) => value ?? '').join()}`;
  }
}

/** A value in words that say all there is to it, or else who wrote it. */
function text(value: unknown, author: string): string {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return String(value);
    case 'string':
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Shared) return `@${value.address}`;
      return author;
    default:
      return author;
  }
}
