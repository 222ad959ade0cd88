import { assert } from '../../util/index.ts';
import {
  ask,
  checkOwnBodies,
  checkProgram,
  checkStart,
  checkUnchanged,
  checkWatched,
} from '../program/checks/check-program.ts';
import { takenStart } from '../program/checks/taken.ts';
import { describeThrown, guarded, interpreterError, isOurs } from '../program/checks/thrown.ts';
import {
  Abandoned,
  Crash,
  type Failure,
  Misuse,
  ModelError,
  TooManySteps,
} from '../program/failure.ts';
import { type Names, SetupNames } from '../program/names.ts';
import type { Cell } from '../program/objects/cell.ts';
import type { Choice } from '../program/objects/choice.ts';
import { Trail, type Undoable } from '../program/objects/trail.ts';
import { CHOOSE, mayWait, type Operation, type Task } from '../program/op.ts';
import { type Program, type Property, type Start, titleOfProperty } from '../program/program.ts';
import { TaskState } from '../program/task.ts';
import { type Starter, World } from '../program/world.ts';
import { Marks } from './marks.ts';
import { isOfNoInterest, judgeEnd } from './verdict.ts';

/** Tasks are numbered below this: a set of tasks is a bit mask. */
export const maxTasksLimit = 31;

/** One run of a program from its start, event by event, in whatever order the caller picks. */
export class Execution implements Starter, Undoable {
  readonly world: World;
  readonly start: Start;
  /** Tasks by number; numbers of tasks that have not been started here are empty. */
  readonly tasks: (TaskState | undefined)[] = [];
  /** Tasks in the order in which they were started, which need not be that of their numbers. */
  readonly started: TaskState[] = [];
  /** Tasks whose next operation can always be performed, and those that may have to wait. */
  #ready = 0;
  #waiting = 0;
  #always: Extract<Property, { kind: 'always' }>[] | null = null;
  /** Those of them that do not hold any more: each is told once. */
  #broken: readonly boolean[] = [];
  /** What is in the cells that one of them watches. */
  readonly #watched: unknown[] = [];
  readonly #width: number;
  readonly #interprets: boolean;
  readonly #marks: Marks | null;

  /** @param undoable whether {@link rewind} will be asked for */
  constructor(program: Program, names: Names, width: number, undoable = false) {
    this.#width = width;
    this.#interprets = program.interprets === true;
    this.#marks = undoable ? new Marks() : null;
    const isFirst = names.isNew;
    if (isFirst) checkProgram(program);
    const world = new World(names);
    this.world = world;
    world.starter = this;
    const start = guarded(
      () => `setup of program "${program.name}"`,
      () => {
        const start = program.setup(world);
        if (world.raised !== null) throw world.raised;
        return start;
      },
    );
    if (Object.isFrozen(world)) throw new ModelError('setup freezes the world it is given');
    world.checkAllYielded();
    if (isFirst) checkStart(start, program);
    this.start = guarded(
      () => `what setup returns in program "${program.name}"`,
      () => takenStart(start),
    );
    for (const property of this.start.properties ?? []) {
      if (property.kind !== 'always') continue;
      this.#always ??= [];
      // With more than 30 properties some share a bit: that orders more than needed, never less.
      const bit = 1 << (this.#always.length % 30);
      for (const cell of property.watched) {
        checkWatched(cell, property.name, world);
        names.watch[cell.address] = (names.watch[cell.address] ?? 0) | bit;
      }
      this.#always.push(property);
    }
    world.settingUp = false;
    world.faults = program.faults ?? 0;
    names.setupEnds(world.made);
    world.stepsInSetup = world.stepsMade;
    if (undoable) world.trail = new Trail();
    for (const { name, body, spared } of this.start.tasks)
      this.takeUp(name, body, null).spared = spared ?? false;
    if (isFirst) checkOwnBodies(this.started);
    for (const task of this.tasks) if (task !== undefined) this.#run(task);
    names.begins(world, this.start, this.tasks);
    if (this.#always !== null) this.#checkAlways(this.#always, null);
  }

  takeUp(name: string, start: () => Task<unknown>, parent: TaskState | null): TaskState {
    const { world } = this;
    if (world.settingUp) {
      // During setup there is one thread of execution: what it starts runs to its end at once.
      const task = new TaskState(world, 0, name, start, -1);
      runAlone(world, task);
      return task;
    }
    const index =
      parent === null
        ? this.tasks.length
        : world.names.task(parent.index, parent.started++, this.start.tasks.length);
    if (index >= this.#width) {
      throw new ModelError(
        `more than ${this.#width} tasks: raise maxTasks (at most ${maxTasksLimit})`,
      );
    }
    const task = new TaskState(world, index, name, start, parent === null ? -1 : world.event);
    this.tasks[index] = task;
    this.started.push(task);
    if (parent !== null) {
      task.spared = parent.spared;
      // The child runs up to its first operation now: nobody can see that.
      this.#run(task);
      world.running = parent;
    }
    return task;
  }

  /** The tasks that could make a step now, one bit each. */
  enabled(): number {
    let mask = this.#ready;
    for (let rest = this.#waiting; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest);
      if (this.tasks[index]?.pending?.enabled() === true) mask |= 1 << index;
    }
    return mask;
  }

  /** Whether one task could make a step now. */
  isEnabled(index: number): boolean {
    const bit = 1 << index;
    if ((this.#ready & bit) !== 0) return true;
    return (this.#waiting & bit) !== 0 && this.tasks[index]?.pending?.enabled() === true;
  }

  task(index: number): TaskState {
    const task = this.tasks[index];
    assert(task !== undefined, `task ${index} does not exist`);
    return task;
  }

  /**
   * Perform the pending operation of `task` as event number `event`.
   *
   * @param way which way the event goes when it is a choice
   */
  step(task: TaskState, event: number, way = 0): void {
    const operation = task.pending;
    this.world.event = event;
    this.#marks?.add(this.world, task, this.started.length);
    if (operation?.kind === CHOOSE && way < (operation as Choice<unknown>).ways)
      (operation as Choice<unknown>).picked = way;
    this.#run(task);
    task.lastEvent = event;
    task.events++;
    if (this.#always !== null) this.#checkAlways(this.#always, task);
  }

  #run(task: TaskState): void {
    const { world } = this;
    world.running = task;
    try {
      task.advance();
      if (task.status === 'finished') this.#finish(task);
    } catch (error) {
      this.#crash(task, error);
    }
    world.running = null;
    this.#sort(task.index, task.pending);
  }

  #sort(index: number, pending: Operation<unknown> | null): void {
    const bit = 1 << index;
    this.#ready &= ~bit;
    this.#waiting &= ~bit;
    if (pending === null) return;
    if (mayWait(pending.kind)) this.#waiting |= bit;
    else this.#ready |= bit;
  }

  /**
   * Take back all but the first `length` events. Tasks that have made others are made anew and fed
   * what they saw; the rest of them stay as they are.
   *
   * @returns whether that was possible; if not, the execution is of no use any more
   */
  rewind(length: number): boolean {
    const marks = this.#marks as Marks;
    const { world, tasks, started } = this;
    if (world.strays) return false;
    if (length === marks.length) return true;
    let undone = 0;
    for (let event = length; event < marks.length; event++) {
      const index = marks.taskOf(event);
      const task = tasks[index] as TaskState;
      task.events--;
      // What there was before its first event that is taken back was before the others, too.
      if ((undone & (1 << index)) === 0) marks.resetTask(event, task);
      undone |= 1 << index;
    }
    marks.resetWorld(length, world);
    marks.length = length;
    while (started.length > marks.tasksBefore(length)) {
      const child = started.pop() as TaskState;
      undone &= ~(1 << child.index);
      this.#sort(child.index, null);
      child.dispose();
      tasks[child.index] = undefined;
    }
    return this.#feed(undone);
  }

  /** Make tasks anew. */
  #feed(undone: number): boolean {
    const { world, tasks } = this;
    // A parent comes before its children, and takes them along.
    let fed = 0;
    try {
      for (const task of this.started) {
        if ((undone & ~fed & (1 << task.index)) === 0) continue;
        const alike = task.restore();
        if (alike < 0) return false;
        fed |= alike;
      }
    } finally {
      world.fed = null;
      world.raised = null;
      world.running = null;
    }
    for (let rest = fed; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest);
      this.#sort(index, tasks[index]?.pending ?? null);
    }
    return true;
  }

  putBack(before: unknown): void {
    this.#broken = before as readonly boolean[];
  }

  /** A task ends the hard way; what the others can still do goes on. */
  #crash(task: TaskState, error: unknown): void {
    const { world } = this;
    task.status = 'crashed';
    world.raised = null;
    task.pending = null;
    task.abandons = error instanceof Abandoned;
    if (task.abandons) return;
    const known = isOurs(error);
    if (!known && error instanceof Crash) {
      const { kind, object, message, place, title } = error;
      if (place !== null) task.showCrash(place);
      world.fail({ kind, object, message, ...(title === null ? {} : { title }) });
      return;
    }
    if (!known && error instanceof Misuse)
      throw new ModelError(`in ${task.functionName()}: ${error.message}`);
    if (known) throw error;
    if (this.#interprets) throw interpreterError(error, task.name);
    const { name, message } = describeThrown(error);
    world.fail({
      kind: 'property',
      object: name,
      message: `${task.name} throws ${name}: ${message}`,
    });
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

  #checkAlways(
    properties: readonly Extract<Property, { kind: 'always' }>[],
    task: TaskState | null,
  ): void {
    const before = this.#watched;
    for (const [i, property] of properties.entries()) {
      if (this.#broken[i] === true) continue;
      const { watched } = property;
      // Asked after every step: nothing is made for it.
      for (let at = 0; at < watched.length; at++) before[at] = watched[at]?.value;
      const answer = ask(property, this.world);
      for (let at = 0; at < watched.length; at++)
        checkUnchanged(watched[at] as Cell<unknown>, before[at]);
      if (answer === true) continue;
      this.world.trail?.note(this, this.#broken);
      const broken = [...this.#broken];
      broken[i] = true;
      this.#broken = broken;
      this.world.fail({
        kind: 'property',
        function: property.name,
        object: 'always',
        title: titleOfProperty(property),
        message: typeof answer === 'string' ? answer : `does not always hold: ${property.name}`,
        task: task?.index ?? -1,
      });
    }
  }

  /** Whether a task has said that it is of no interest, or waits in vain. */
  get isAbandoned(): boolean {
    return this.tasks.some((task) => task !== undefined && isOfNoInterest(task));
  }

  /** Tasks that wait for something that will not come. */
  blocked(): TaskState[] {
    return this.tasks.filter(
      (task): task is TaskState => task !== undefined && task.pending !== null,
    );
  }

  /**
   * Let go of everything. Executions live shorter than a garbage collector thinks; one that it
   * holds to be old would keep all that it points to, and that would be held to be old in turn.
   */
  dispose(): void {
    const { world, tasks } = this;
    for (const task of tasks) task?.dispose();
    tasks.length = 0;
    this.started.length = 0;
    world.dispose();
  }

  /** Judge the end of the execution, when no task can make a step any more. */
  finish(): readonly Failure[] {
    return judgeEnd(this);
  }
}

/** The longest boot that anybody has asked for has some millions. */
const mostInSetup = 50_000_000;

/** Run one task to its end with nobody beside it. */
function runAlone(world: World, task: TaskState): void {
  const before = world.running;
  world.running = task;
  try {
    for (let steps = 0; steps === 0 || task.pending !== null; steps++) {
      if (steps === mostInSetup)
        throw new TooManySteps(`setup makes ${steps} steps in ${task.name}: does it end?`);
      if (task.pending !== null && !task.pending.enabled()) {
        throw new ModelError(`setup waits for ever in ${task.functionName()}`);
      }
      task.advance();
    }
    world.checkAllYielded();
  } catch (error) {
    // Its task has ended with that, and setup is told.
    if (world.raised instanceof Crash || world.raised instanceof Abandoned) world.raised = null;
    throw error;
  } finally {
    world.running = before;
  }
}

/**
 * Build a world and run what `build` hands to `world.runAlone()`, one thing after the other, with
 * nothing beside it: the program as it goes when no task is in another's way.
 */
export function sequentially<T>(build: (world: World) => T, most: number = mostInSetup): T {
  const results: T[] = [];
  const program: Program = {
    name: 'sequential',
    setup(world) {
      world.isOnlySetUp(most);
      results.push(build(world));
      return { tasks: [] };
    },
  };
  try {
    new Execution(program, new SetupNames(), 1);
  } catch (error) {
    // Nobody has asked for an exploration: what goes wrong in here is the caller's.
    throw error instanceof ModelError ? (error.cause ?? error) : error;
  }
  return results[0] as T;
}
