import { assert } from '../util/index.ts';
import { Crash, type Failure, ModelError } from './failure.ts';
import { leaked } from './heap.ts';
import { JOIN, type Kind, type Operation, type Task } from './op.ts';
import type { Program, Property, Start } from './program.ts';
import { type Join, TaskState } from './task.ts';
import { Names, World } from './world.ts';

/** Tasks are numbered below this: a set of tasks is a bit mask. */
export const maxTasksLimit = 31;

/** One run of a program from its start, event by event, in whatever order the caller picks. */
export class Execution {
  readonly world: World;
  readonly start: Start;
  /** Tasks by number; numbers of tasks that have not been started here are empty. */
  readonly tasks: (TaskState | undefined)[] = [];
  readonly #always: Extract<Property, { kind: 'always' }>[] = [];
  readonly #brokenAlways = new Set<string>();
  readonly #width: number;

  constructor(program: Program, names: Names, width: number) {
    this.#width = width;
    const world = new World(names);
    this.world = world;
    world.takeUp = (name, start, parent) => this.#takeUp(name, start, parent);
    this.start = program.setup(world);
    world.checkAllYielded();
    for (const property of this.start.properties ?? []) {
      if (property.kind !== 'always') continue;
      for (const cell of property.watched) names.watch[cell.address] = this.#always.length;
      this.#always.push(property);
    }
    world.settingUp = false;
    for (const { name, body } of this.start.tasks) this.#takeUp(name, body, null);
    for (const task of this.tasks) if (task !== undefined) this.#run(task);
  }

  #takeUp(name: string, start: () => Task<unknown>, parent: TaskState | null): TaskState {
    const { world } = this;
    if (world.settingUp) {
      // During setup there is one thread of execution: what it starts runs to its end at once.
      const task = new TaskState(world, 0, name, start(), this.#width, null);
      runAlone(world, task);
      return task;
    }
    const index =
      parent === null
        ? this.tasks.length
        : world.names.taskNumber(parent.index, parent.started++, this.start.tasks.length);
    if (index >= this.#width) {
      throw new ModelError(
        `more than ${this.#width} tasks: raise maxTasks (at most ${maxTasksLimit})`,
      );
    }
    const task = new TaskState(world, index, name, start(), this.#width, parent);
    this.tasks[index] = task;
    if (parent !== null) {
      parent.sync[parent.index] = (parent.sync[parent.index] ?? 0) + 1;
      // The child runs up to its first operation now: nobody can see that.
      this.#run(task);
      world.running = parent;
    }
    return task;
  }

  /** The tasks that could make a step now. */
  enabled(): number {
    let mask = 0;
    for (const task of this.tasks) {
      if (task?.pending?.enabled()) mask |= 1 << task.index;
    }
    return mask;
  }

  task(index: number): TaskState {
    const task = this.tasks[index];
    assert(task !== undefined, `task ${index} does not exist`);
    return task;
  }

  /** The kind of the operation `task` would perform now. */
  kindOf(task: TaskState): Kind {
    return (task.pending as Operation<unknown>).effect();
  }

  /** Perform the pending operation of `task` as event number `event`. */
  step(task: TaskState, event: number): void {
    this.world.event = event;
    this.#run(task);
    task.lastEvent = event;
    task.events++;
    if (this.#always.length > 0) this.#checkAlways(task);
  }

  #run(task: TaskState): void {
    const { world } = this;
    world.running = task;
    const operation = task.pending;
    try {
      task.advance();
      if (task.status === 'finished') this.#finish(task);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      if (operation !== null && !operation.done) task.show(operation);
      if (error.place !== null) task.showCrash(error.place);
      world.fail({
        kind: error.kind,
        object: error.object,
        message: error.message,
        task: task.index,
      });
      task.status = 'crashed';
      task.pending = null;
    }
    world.running = null;
  }

  #finish(task: TaskState): void {
    this.world.checkAllYielded();
    for (const lock of task.held) {
      this.world.fail({
        kind: 'lockdep',
        object: lock.className,
        message: `${task.name} ends with ${lock.text} held`,
      });
    }
  }

  #checkAlways(task: TaskState): void {
    for (const property of this.#always) {
      if (this.#brokenAlways.has(property.name)) continue;
      const answer = property.holds();
      if (answer === true) continue;
      this.#brokenAlways.add(property.name);
      this.world.fail({
        kind: 'property',
        function: property.name,
        object: 'always',
        message: typeof answer === 'string' ? answer : `does not always hold: ${property.name}`,
        task: task.index,
      });
    }
  }

  /** Tasks that wait for something that will not come, with who holds it. */
  blocked(): TaskState[] {
    return this.tasks.filter(
      (task): task is TaskState => task !== undefined && task.pending !== null,
    );
  }

  /** Judge the end of the execution, when no task can make a step any more. */
  finish(): readonly Failure[] {
    const { world } = this;
    const crashed = this.tasks.some((task) => task?.status === 'crashed');
    const blocked = this.blocked();
    if (blocked.length > 0 && !crashed) this.#reportDeadlock(blocked);
    if (blocked.length === 0 && !crashed) this.#judgeEnd();
    for (const property of this.start.properties ?? []) {
      if (property.kind === 'sometimes' && property.holds()) world.reached.add(property.name);
    }
    return world.failures;
  }

  #reportDeadlock(blocked: readonly TaskState[]): void {
    const waits = blocked.map((task) => {
      const operation = task.pending as Operation<unknown>;
      if (operation.kind === JOIN)
        return `${task.name} waits for ${(operation as Join).target.name}`;
      const { lock } = operation as unknown as { lock: { text: string; holder: TaskState | null } };
      return `${task.name} waits for ${lock.text}, held by ${lock.holder?.name ?? 'a task that is gone'}`;
    });
    const objects = blocked.map((task) => {
      const operation = task.pending as Operation<unknown> & { lock?: { className: string } };
      return operation.lock?.className ?? 'join';
    });
    this.world.fail({
      kind: 'deadlock',
      function: [...new Set(blocked.map((task) => task.functionName()))].sort().join(' / '),
      object: [...new Set(objects)].sort().join(' / '),
      message: waits.join('; '),
      task: -1,
      event: 'end',
    });
  }

  #judgeEnd(): void {
    const { world } = this;
    for (const object of leaked(world)) {
      world.fail({
        kind: 'leak',
        function: object.madeBy,
        object: object.className,
        message: `${object.text}, allocated in ${object.madeBy}(), is lost: nothing points to it any more`,
        task: -1,
        event: 'end',
      });
    }
    for (const balance of world.balances) {
      const imbalance = balance();
      if (imbalance !== null) world.fail({ ...imbalance, function: 'end', task: -1, event: 'end' });
    }
    for (const property of this.start.properties ?? []) {
      if (property.kind !== 'end') continue;
      const answer = property.holds();
      if (answer === true) continue;
      world.fail({
        kind: 'property',
        function: property.name,
        object: 'end',
        message: typeof answer === 'string' ? answer : `does not hold at the end: ${property.name}`,
        task: -1,
        event: 'end',
      });
    }
  }
}

/** Run one task to its end with nobody beside it. */
function runAlone(world: World, task: TaskState): void {
  const before = world.running;
  world.running = task;
  try {
    do {
      if (task.pending !== null && !task.pending.enabled()) {
        throw new ModelError(`setup waits for ever in ${task.functionName()}`);
      }
      task.advance();
    } while (task.pending !== null);
    world.checkAllYielded();
  } finally {
    world.running = before;
  }
}

/**
 * Build a world and run what `build` hands to `world.runAlone()`, one thing after the other, with
 * nothing beside it: the program as it goes when no task is in another's way.
 */
export function sequentially<T>(build: (world: World) => T): T {
  const results: T[] = [];
  const program: Program = {
    name: 'sequential',
    setup(world) {
      results.push(build(world));
      return { tasks: [] };
    },
  };
  new Execution(program, new Names(), 1);
  return results[0] as T;
}
