import type { Cell } from './cell.ts';
import { ModelError } from './failure.ts';
import type { Lock } from './lock.ts';
import {
  CALL,
  JOIN,
  type Kind,
  LOCAL,
  type Op,
  Operation,
  SPAWN,
  type Step,
  type StepText,
  type Task,
} from './op.ts';
import { Shared } from './shared.ts';
import { describeValue } from './text.ts';
import type { World } from './world.ts';

/** One function on a task's stack. */
interface Frame {
  readonly body: Task<unknown>;
  readonly call: Call<unknown> | null;
}

/** A running task: a stack of generators that stops at the next operation others could notice. */
export class TaskState {
  readonly world: World;
  readonly index: number;
  readonly name: string;
  /** The operation it wants to do next; null when it is over. */
  pending: Operation<unknown> | null = null;
  status: 'running' | 'finished' | 'crashed' = 'running';
  readonly held: Lock[] = [];
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
  /** Vector clock over synchronisation only: what a data race is judged by. */
  readonly sync: Int32Array;
  /** What others wait for and inherit from when this task ends. */
  readonly exit: Exit;
  readonly #stack: Frame[];

  constructor(
    world: World,
    index: number,
    name: string,
    body: Task<unknown>,
    width: number,
    parent: TaskState | null,
  ) {
    this.world = world;
    this.index = index;
    this.name = name;
    this.#stack = [{ body, call: null }];
    this.sync = parent === null ? new Int32Array(width) : parent.sync.slice();
    this.sync[index] = 1;
    this.lastEvent = parent === null ? -1 : world.event;
    this.exit = new Exit(world, `${name} (exit)`, null);
  }

  /** The innermost named function, or the task itself. */
  functionName(): string {
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const call = this.#stack[i]?.call;
      if (call) return call.name;
    }
    return this.name;
  }

  get depth(): number {
    return this.#stack.length - 1;
  }

  /**
   * Resume the task: its pending operation happens, then its own code runs up to the next operation
   * that others could notice.
   *
   * @throws whatever the body throws and does not catch; the caller decides what that means
   */
  advance(): void {
    const { world } = this;
    const stack = this.#stack;
    const listener = world.listener;
    let shown = this.pending;
    this.pending = null;
    let thrown: { readonly error: unknown } | null = null;
    for (;;) {
      const frame = stack[stack.length - 1];
      if (frame === undefined) {
        this.status = 'finished';
        return;
      }
      let result: IteratorResult<Op, unknown>;
      try {
        result = thrown === null ? frame.body.next() : frame.body.throw(thrown.error);
        thrown = null;
      } catch (error) {
        // A crash leaves the stack as it is: reports say which function it happened in.
        if (isFatal(error)) throw error;
        stack.pop();
        if (stack.length === 0) throw error;
        thrown = { error };
        continue;
      }
      if (listener !== null && shown !== null) {
        this.show(shown);
        shown = null;
      }
      if (result.done) {
        stack.pop();
        if (frame.call !== null) {
          listener?.return(this, frame.call.name, stack.length - 1, result.value);
          frame.call.result = result.value;
        }
        continue;
      }
      const operation = result.value as unknown as Operation<unknown>;
      if (operation.kind === CALL) {
        const call = operation as Call<unknown>;
        listener?.call(this, call.name, stack.length - 1);
        stack.push({ body: call.start(), call });
      } else if (operation.kind === LOCAL) {
        shown = operation;
      } else {
        world.checkAllYielded();
        this.pending = operation;
        return;
      }
    }
  }

  /** Tell the listener about an access that could not be made. */
  showCrash(place: string): void {
    const { world } = this;
    const step: StepText = { op: 'read', target: place, value: '' };
    world.listener?.step(this, this.functionName(), this.depth, step, world.event);
  }

  /** Tell the listener which functions the task is in. */
  showStack(): void {
    this.#stack.forEach(({ call }, depth) => {
      if (call !== null) this.world.listener?.call(this, call.name, depth - 1);
    });
  }

  show(operation: Operation<unknown>): void {
    this.world.listener?.step(
      this,
      this.functionName(),
      this.depth,
      operation.describe(),
      this.world.event,
    );
  }
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'Crash' || error.name === 'ModelError' || error.name === 'InternalError')
  );
}

/** The moment a task ends, as something other tasks can wait for. */
class Exit extends Shared {}

class Call<T> extends Operation<T> {
  override readonly kind: typeof CALL = CALL;
  readonly name: string;
  readonly start: () => Task<T>;
  result: unknown = undefined;

  constructor(world: World, name: string, start: () => Task<T>) {
    super(world);
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
  override readonly kind: Kind = SPAWN;
  readonly name: string;
  readonly start: () => Task<unknown>;

  constructor(world: World, name: string, start: () => Task<unknown>) {
    super(world);
    this.name = name;
    this.start = start;
  }

  override get address(): number {
    return 0;
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

class Join extends Operation<void> {
  override readonly kind: Kind = JOIN;
  readonly target: TaskState;

  constructor(target: TaskState) {
    super(target.world);
    this.target = target;
  }

  override get address(): number {
    return this.target.exit.address;
  }

  override subject(): string {
    return this.target.name;
  }

  override enabled(): boolean {
    return this.target.status === 'finished';
  }

  override perform(): void {
    const task = this.world.running;
    if (task !== null) joinClock(task.sync, this.target.sync);
  }

  override describe(): StepText {
    return { op: 'join', target: this.target.name, value: describeValue(null) };
  }
}

/** Wait until a task has finished. */
export function join(handle: TaskHandle): Step<void> {
  return new Join(handle.state);
}

/** `into` becomes the later of both clocks, component by component. */
export function joinClock(into: Int32Array, other: Int32Array): void {
  for (let i = 0; i < into.length; i++) {
    const value = other[i] as number;
    if (value > (into[i] as number)) into[i] = value;
  }
}
export type { Join };
