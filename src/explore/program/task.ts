import type { Cell } from './cell.ts';
import { nameOf } from './check.ts';
import { checkBody, foreign } from './check-program.ts';
import { Crash, Misuse, ModelError } from './failure.ts';
import type { Lock } from './lock.ts';
import {
  CALL,
  JOIN,
  type Op,
  Operation,
  SPAWN,
  type Step,
  type StepText,
  type Task,
} from './op.ts';
import { describeValue } from './text.ts';
import type { Listener, World } from './world.ts';

/** One function on a task's stack. */
class Frame {
  readonly body: Task<unknown>;
  /** How it was entered; null for the body of the task. */
  readonly call: Call<unknown> | null;
  readonly caller: Frame | null;

  constructor(body: Task<unknown>, call: Call<unknown> | null, caller: Frame | null) {
    this.body = body;
    this.call = call;
    this.caller = caller;
  }
}

/** A running task: a stack of generators that stops at the next operation others could notice. */
export class TaskState {
  readonly world: World;
  readonly index: number;
  readonly name: string;
  /** The operation it wants to do next; null when it is over. */
  pending: Operation<unknown> | null = null;
  status: 'running' | 'finished' | 'crashed' = 'running';
  /** The locks it took and did not let go of; null as long as it never took one. */
  held: Lock[] | null = null;
  /** The cell of its last read: names the pointer when a NULL is followed. */
  lastRead: Cell<unknown> | null = null;
  /** Last event of this task, or the one that started it, or -1. */
  lastEvent: number;
  /** How many events it has made. */
  events = 0;
  /** How many objects it has made. */
  made = 0;
  /** How many tasks it has started. */
  started = 0;
  /** None of its allocations is made to fail. */
  spared = false;
  /** The innermost function it is in, and the ones around it. */
  #frame: Frame | null;
  #depth = 0;
  #site: string;

  constructor(world: World, index: number, name: string, body: Task<unknown>, lastEvent: number) {
    this.world = world;
    this.index = index;
    this.name = name;
    this.#frame = new Frame(body, null, null);
    this.#site = name;
    this.lastEvent = lastEvent;
  }

  /** The innermost named function, or the task itself. */
  functionName(): string {
    return this.#site;
  }

  get depth(): number {
    return this.#depth;
  }

  /**
   * Resume the task: its pending operation happens, then its own code runs up to the next operation
   * that others could notice.
   *
   * @throws whatever the body throws and does not catch; the caller decides what that means
   */
  advance(): void {
    const { world } = this;
    const { listener } = world;
    let shown = this.pending;
    this.pending = null;
    let thrown: { readonly error: unknown } | null = null;
    for (;;) {
      const frame: Frame | null = this.#frame;
      if (frame === null) {
        this.status = 'finished';
        return;
      }
      let result: IteratorResult<Op, unknown>;
      try {
        result = thrown === null ? frame.body.next() : frame.body.throw(thrown.error);
        thrown = null;
      } catch (error) {
        if (shown !== null) this.#show(shown);
        shown = null;
        // A crash leaves the stack as it is: reports say which function it happened in.
        if (isFatal(error) || frame.caller === null) throw error;
        this.#leave(frame);
        thrown = { error };
        continue;
      }
      if (listener !== null && shown !== null) {
        this.#show(shown);
        shown = null;
      }
      if (result.done === true) {
        this.#leave(frame);
        if (frame.call !== null) {
          listener?.return(this, frame.call.name, this.#depth, result.value);
          frame.call.result = result.value;
        }
        continue;
      }
      const operation = result.value as unknown as Operation<unknown>;
      if (operation?.world !== world) throw this.#notOurs(operation);
      if (operation.kind >= 0) {
        if (world.stepsAnnounced !== world.stepsMade) world.missingYield();
        this.pending = operation;
        return;
      }
      if (operation.kind === CALL) this.#enter(operation as Call<unknown>, listener);
      else shown = operation;
    }
  }

  /** What was yielded is no step, or one on something that this execution has not made. */
  #notOurs(yielded: unknown): ModelError {
    if (!(yielded instanceof Operation)) {
      return new ModelError(
        `${nameOf(yielded)} is yielded in ${this.functionName()}, which is no step: write \`yield* ...\``,
      );
    }
    return foreign(`a step in ${this.functionName()}`, { text: yielded.describe().target });
  }

  #enter(call: Call<unknown>, listener: Listener | null): void {
    listener?.call(this, call.name, this.#depth);
    const body = call.start();
    checkBody(body, `${call.name}()`);
    this.#frame = new Frame(body, call, this.#frame);
    this.#depth++;
    this.#site = call.name;
  }

  #leave({ caller }: Frame): void {
    this.#frame = caller;
    if (caller === null) return;
    this.#depth--;
    this.#site = caller.call?.name ?? this.name;
  }

  dispose(): void {
    this.#frame = null;
    this.pending = null;
    this.lastRead = null;
    this.held = null;
  }

  /** Tell the listener about an access that could not be made. */
  showCrash(place: string): void {
    const { world } = this;
    const step: StepText = { op: 'read', target: place, value: '' };
    world.listener?.step(this, this.functionName(), this.depth, step, world.event);
  }

  /** Tell the listener which functions the task is in. */
  showStack(): void {
    const names: string[] = [];
    for (let frame = this.#frame; frame !== null; frame = frame.caller)
      if (frame.call !== null) names.unshift(frame.call.name);
    names.forEach((name, i) => {
      this.world.listener?.call(this, name, i);
    });
  }

  #show(operation: Operation<unknown>): void {
    const { listener } = this.world;
    if (listener === null) return;
    const text = operation.describe();
    // An operation that ends in a crash never came to have a value.
    const shown = operation.done ? text : { ...text, value: '' };
    listener.step(this, this.functionName(), this.depth, shown, this.world.event);
  }
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof Crash ||
    (error instanceof Error &&
      (error.name === 'ModelError' || error instanceof Misuse || error.name === 'InternalError'))
  );
}

class Call<T> extends Operation<T> {
  readonly name: string;
  readonly start: () => Task<T>;
  result: unknown = undefined;

  constructor(world: World, name: string, start: () => Task<T>) {
    super(world, CALL, 0);
    this.name = name;
    this.start = start;
  }

  override perform(): T {
    return this.result as T;
  }

  override describe(): StepText {
    return { op: 'note', target: this.name, value: '' };
  }
}

/**
 * Run a function of the model under a name, so that traces and reports can say where a task was.
 * Costs nothing per operation inside, however deep the nesting.
 */
export function call<T>(world: World, name: string, start: () => Task<T>): Step<T> {
  return new Call(world, name, start);
}

/** A task that was started by another one. */
export interface TaskHandle {
  readonly state: TaskState;
}

class Spawn extends Operation<TaskHandle> {
  readonly name: string;
  readonly start: () => Task<unknown>;

  constructor(world: World, name: string, start: () => Task<unknown>) {
    super(world, SPAWN, 0);
    this.name = name;
    this.start = start;
  }

  override subject(): string {
    return this.name;
  }

  override perform(): TaskHandle {
    const { world } = this;
    const parent = world.running;
    if (parent === null) throw new ModelError('spawn() outside a task');
    return { state: world.takeUp(this.name, this.start, parent) };
  }

  override describe(): StepText {
    return { op: 'spawn', target: this.name, value: '' };
  }
}

/** Start another task. What the parent did before happens before everything the child does. */
export function spawn(world: World, name: string, start: () => Task<unknown>): Step<TaskHandle> {
  return new Spawn(world, name, start);
}

export class Join extends Operation<void> {
  readonly target: TaskState;

  constructor(target: TaskState) {
    super(target.world, JOIN, 0);
    this.target = target;
  }

  override subject(): string {
    return this.target.name;
  }

  override enabled(): boolean {
    return this.target.status === 'finished';
  }

  override perform(): void {}

  override describe(): StepText {
    return { op: 'join', target: this.target.name, value: describeValue(null) };
  }
}

/** Wait until a task has finished. */
export function join(handle: TaskHandle): Step<void> {
  if (handle?.state instanceof TaskState) return new Join(handle.state);
  throw new Misuse(`join() takes what spawn() returned, not ${nameOf(handle)}`);
}
