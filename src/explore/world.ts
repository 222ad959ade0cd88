import { assert } from '../util/index.ts';
import type { Failure } from './failure.ts';
import { ModelError } from './failure.ts';
import type { StepText, Task } from './op.ts';
import type { TaskState } from './task.ts';

/**
 * Stable numbers for what executions create, kept from one execution to the next. An object is
 * known by the task that made it and how many that task had made before; a counter shared by the
 * tasks would give one object two names in two equivalent executions.
 */
export class Names {
  readonly #numbers = new Map<number, number>();
  readonly #tasks = new Map<number, number>();
  /** For each address, the address that stands for the lifetime of the object it lies in, or -1. */
  readonly lifetime: number[] = [];
  /** For each address, the property that watches it, or -1. */
  readonly watch: number[] = [];
  #setup = 0;
  #next = 0;

  /** The number of the `nth` thing that `maker` created; `maker` is -1 before the tasks start. */
  number(maker: number, nth: number): number {
    if (maker < 0) {
      if (nth === this.#setup) {
        assert(this.#next === this.#setup, 'setup made an object after the first execution began');
        this.#setup++;
        this.#next++;
        this.lifetime.push(-1);
        this.watch.push(-1);
      }
      return nth;
    }
    const key = nth * 32 + maker;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#next++;
      this.#numbers.set(key, number);
      this.lifetime.push(-1);
      this.watch.push(-1);
    }
    return number;
  }

  /** The number of the `nth` task that `parent` started, counted after the `initial` ones. */
  taskNumber(parent: number, nth: number, initial: number): number {
    const key = nth * 32 + parent;
    let number = this.#tasks.get(key);
    if (number === undefined) {
      number = initial + this.#tasks.size;
      this.#tasks.set(key, number);
    }
    return number;
  }
}

/** Where a trace is written, step by step, when somebody wants to see an execution. */
export interface Listener {
  step(task: TaskState, functionName: string, depth: number, step: StepText, event: number): void;
  call(task: TaskState, functionName: string, depth: number): void;
  return(task: TaskState, functionName: string, depth: number, value: unknown): void;
}

/** Everything one execution touches. A fresh world is made for each execution. */
export class World {
  readonly names: Names;
  listener: Listener | null = null;
  /** The task that runs now; null while the world is set up. */
  running: TaskState | null = null;
  /** True until the tasks that race are started. */
  settingUp = true;
  readonly failures: Failure[] = [];
  /** Names of `sometimes` properties that this execution has satisfied. */
  readonly reached: Set<string> = new Set();
  /** Objects made during setup: where the search for leaked memory starts. */
  readonly roots: unknown[] = [];
  /** Objects from the heap, in the order they were made. */
  readonly heap: { readonly freed: boolean }[] = [];
  /** What to check at the end: a message when something is still held, else null. */
  readonly balances: (() => Imbalance | null)[] = [];
  /** Starts a task; set by the execution that the world belongs to. */
  takeUp: (name: string, start: () => Task<unknown>, parent: TaskState | null) => TaskState =
    () => {
      throw new ModelError('this world is not being executed');
    };
  /** The event being executed, or the last one. */
  event = -1;
  stepsMade = 0;
  #stepsAnnounced = 0;
  #made = 0;
  #aliases = 0;
  /** Lock classes taken while others were held, in this execution. */
  readonly lockOrder: LockOrder = new LockOrder();

  constructor(names: Names = new Names()) {
    this.names = names;
  }

  newAddress(): number {
    const maker = this.running;
    return this.settingUp || maker === null
      ? this.names.number(-1, this.#made++)
      : this.names.number(maker.index, maker.made++);
  }

  /** Called when a step is first asked for: every step made before it must have been yielded. */
  stepAnnounced(): void {
    this.#stepsAnnounced++;
    if (this.#stepsAnnounced !== this.stepsMade) this.#missingYield();
  }

  /** Called when a task stops to be scheduled or ends. */
  checkAllYielded(): void {
    if (this.#stepsAnnounced !== this.stepsMade) this.#missingYield();
  }

  #missingYield(): never {
    throw new ModelError(
      `a step was made but not yielded in ${this.functionName()}: write \`yield* ...\` before it`,
    );
  }

  /** Run a task to its end while the world is set up, with nobody beside it. */
  runAlone(name: string, body: () => Task<unknown>): void {
    if (!this.settingUp) throw new ModelError('runAlone() after setup');
    this.takeUp(name, body, null);
  }

  /** The next short name for a heap object in a trace: A to Z, then A1 and so on. */
  nextAlias(): string {
    const n = this.#aliases++;
    const letter = String.fromCharCode(65 + (n % 26));
    return n < 26 ? letter : `${letter}${Math.floor(n / 26)}`;
  }

  functionName(): string {
    return this.running?.functionName() ?? 'setup';
  }

  fail(failure: Pick<Failure, 'kind' | 'object' | 'message'> & Partial<Failure>): void {
    this.failures.push({
      function: this.functionName(),
      task: this.running?.index ?? -1,
      event: this.event,
      ...failure,
    });
  }
}

/** Something counted that did not come back to where it started. */
export interface Imbalance {
  readonly kind: 'leak' | 'refcount';
  readonly object: string;
  readonly message: string;
}

/** Which lock classes were taken while which others were held. */
class LockOrder {
  readonly #after = new Map<string, Set<string>>();

  /** Record that `taken` was taken with `held` held; true when the opposite order was seen too. */
  add(held: string, taken: string): boolean {
    const after = this.#after.get(held) ?? new Set<string>();
    this.#after.set(held, after);
    after.add(taken);
    return this.#leads(taken, held, new Set());
  }

  #leads(from: string, to: string, seen: Set<string>): boolean {
    if (seen.has(from)) return false;
    seen.add(from);
    const after = this.#after.get(from);
    if (after === undefined) return false;
    if (after.has(to)) return true;
    for (const next of after) if (this.#leads(next, to, seen)) return true;
    return false;
  }
}
