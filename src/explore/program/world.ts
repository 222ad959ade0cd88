import { Alone, Known } from './alone.ts';
import type { Failure } from './failure.ts';
import { bugKinds, ModelError } from './failure.ts';
import { Names } from './names.ts';
import type { LockEdge } from './objects/lock-order.ts';
import type { Trail } from './objects/trail.ts';
import type { StepText, Task } from './op.ts';
import type { TaskState } from './task.ts';
import type { Named } from './text.ts';

/** Where a trace is written, step by step, when somebody wants to see an execution. */
export interface Listener {
  /** Null for who hears of calls alone: how steps read is not worked out then, and setup alone goes faster. */
  readonly step:
    | ((
        task: TaskState,
        functionName: string,
        depth: number,
        step: StepText,
        event: number,
        place: Named | null,
      ) => void)
    | null;
  call(task: TaskState, functionName: string, depth: number): void;
  return(task: TaskState, functionName: string, depth: number, value: unknown): void;
}

/** What starts tasks: the execution that a world belongs to. */
export interface Starter {
  takeUp(name: string, start: () => Task<unknown>, parent: TaskState | null): TaskState;
}

const noNames: ReadonlySet<string> = new Set();

/** Take back all but the first `length` failures: for the explorer, which no program can name. */
export let forgetFailures: (world: World, length: number) => void;

/** Everything an execution touches. */
export class World {
  readonly names: Names;
  listener: Listener | null = null;
  /** The task that runs now; null while the world is set up. */
  running: TaskState | null = null;
  /** True until the tasks that race are started. */
  settingUp = true;
  /** What went wrong: nobody but the explorer can take it back. */
  readonly #failures: Failure[] = [];
  /** Objects that live as long as the world: where the search for leaked memory starts. */
  readonly roots: unknown[] = [];
  /** Objects from the heap, in the order they were made. */
  readonly heap: { readonly freed: boolean }[] = [];
  /** From how many objects on it is worth letting go of freed ones. */
  #crowded = 1024;
  /** What to check at the end: a message when something is still held, else null. */
  readonly balances: (() => Imbalance | null)[] = [];
  /** Which locks were taken while others were held. */
  lockEdges: LockEdge[] | null = null;
  /** How many allocations may be made to fail, and how many were. */
  faults = 0;
  faultsMade = 0;
  /** The program has ended: whoever still waits may do so for ever. To be set by `assign()`. */
  isOver = false;
  starter: Starter | null = null;
  /** The event being executed, or the last one. */
  event = -1;
  /** Steps that were made, and those of them that were handed to the explorer by `yield*`. */
  stepsMade = 0;
  stepsAnnounced = 0;
  stepsInSetup = 0;
  /** How many things setup has made. */
  made = 0;
  /** The changes since setup; null where nothing is taken back. */
  trail: Trail | null = null;
  /** The task that was made anew and is being fed what it saw: it changes nothing then. */
  fed: TaskState | null = null;
  /** What stands for a step that is fed. */
  readonly again: Known = new Known(this);
  /** A task has made something by itself, outside of a step: made anew, it would make another. */
  strays = false;
  #making = 0;
  /** What was thrown that its task must not catch; see {@link raise}. */
  raised: Error | null = null;
  #aliases = 0;
  #reached: Set<string> | null = null;
  #alone: Alone | null = null;

  static {
    // Setting the length of an array is not free even where nothing changes.
    forgetFailures = (world, length) => {
      if (world.#failures.length > length) world.#failures.length = length;
    };
  }

  constructor(names: Names = new Names()) {
    this.names = names;
    // Nor may a program put something of its own before what it inherits.
    Object.preventExtensions(this);
  }

  /** Nothing but setup happens in this world, in no more than so many steps. */
  isOnlySetUp(most: number): void {
    this.#alone = new Alone(this, most);
  }

  /** What stands for steps that are performed as they are made; null where each is one of its own. */
  get alone(): Alone | null {
    return (this.listener?.step ?? null) === null ? this.#alone : null;
  }

  /** A number for a new object, or for the next part of `owner`. */
  newAddress(owner: { readonly address: number; parts: number } | null, fromHeap: boolean): number {
    const maker = this.running;
    if (this.settingUp || maker === null) return this.names.inSetup(this.made++);
    this.noteMade();
    return owner === null
      ? this.names.object(maker.index, maker.made++, fromHeap)
      : this.names.part(owner.address, owner.parts++);
  }

  /** Do something that makes objects, as part of a step. */
  making<T>(make: () => T): T {
    this.#making++;
    try {
      return make();
    } finally {
      this.#making--;
    }
  }

  noteMade(): void {
    if (this.#making === 0 && !this.settingUp) this.strays = true;
  }

  /** Of objects that were freed long ago nobody asks any more: a long boot would keep them all. */
  allocated(object: { readonly freed: boolean }): void {
    this.heap.push(object);
    if (this.heap.length < this.#crowded || this.trail !== null) return;
    const live = this.heap.filter(({ freed }) => !freed);
    this.heap.length = 0;
    for (const one of live) this.heap.push(one);
    this.#crowded = 2 * live.length + 1024;
  }

  /** What has gone wrong so far. */
  get failures(): readonly Failure[] {
    return [...this.#failures];
  }

  get failed(): number {
    return this.#failures.length;
  }

  /** Names of `sometimes` properties that this execution has satisfied. */
  get reached(): ReadonlySet<string> {
    return this.#reached ?? noNames;
  }

  reach(name: string): void {
    this.#reached ??= new Set();
    this.#reached.add(name);
  }

  /** The execution has not come to its end after all. */
  unreach(): void {
    this.#reached = null;
  }

  /** Every step made so far must have been yielded; called when a task stops or ends. */
  checkAllYielded(): void {
    if (this.stepsAnnounced !== this.stepsMade) this.missingYield();
  }

  missingYield(): never {
    const where = this.functionName();
    return this.raise(
      new ModelError(`a step was made but not yielded in ${where}: write \`yield* ...\` before it`),
    );
  }

  /** Throw what no task gets over: it ends the task that it is thrown in, caught there or not. */
  raise(error: Error): never {
    this.raised ??= error;
    throw error;
  }

  /** Start a task. */
  takeUp(name: string, start: () => Task<unknown>, parent: TaskState | null): TaskState {
    if (this.starter === null) throw new ModelError('this world is not being executed');
    return this.starter.takeUp(name, start, parent);
  }

  /** Run a task to its end while the world is set up, with nobody beside it. */
  runAlone(name: string, body: () => Task<unknown>): void {
    if (!this.settingUp) throw new ModelError('runAlone() after setup');
    this.takeUp(name, body, null);
  }

  dispose(): void {
    this.roots.length = 0;
    this.heap.length = 0;
    this.balances.length = 0;
    this.starter = null;
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
    if (this.fed !== null) return;
    if (!bugKinds.includes(failure.kind))
      this.raise(new ModelError(`"${String(failure.kind)}" is no kind of bug that fail() knows`));
    this.tell({
      function: this.functionName(),
      task: this.running?.index ?? -1,
      event: this.event,
      ...failure,
    });
  }

  tell(...failures: readonly Failure[]): void {
    this.#failures.push(...failures);
  }
}

/** Look at something without giving names to objects: a trace names them in the order it meets them. */
export function unnoticed<T>(world: World, look: () => T): T {
  const { listener } = world;
  world.listener = null;
  try {
    return look();
  } finally {
    world.listener = listener;
  }
}

// A program is handed its world, and may do what it likes with it but change what it does.
Object.freeze(World.prototype);

/** Something counted that did not come back to where it started. */
export interface Imbalance {
  readonly kind: 'leak' | 'refcount';
  readonly object: string;
  readonly message: string;
}
