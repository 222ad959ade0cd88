import { nameOf } from './checks/check.ts';
import { Misuse, ModelError } from './failure.ts';
import { CALL, JOIN, Operation, SPAWN, type Step, type StepText, type Task } from './op.ts';
import { TaskState } from './task.ts';
import { describeValue } from './text.ts';
import type { World } from './world.ts';

export class Call<T> extends Operation<T> {
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
  const { alone, running } = world;
  if (alone === null || running === null) return new Call(world, name, start);
  return alone.step(running.within(name, start));
}

/** A task that was started by another one. */
export interface TaskHandle {
  readonly state: TaskState;
}

export class Spawn extends Operation<TaskHandle> {
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
