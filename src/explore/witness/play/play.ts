import { UsageError } from '../../../util/index.ts';
import type { BugKind } from '../../program/failure.ts';
import { Choice } from '../../program/objects/choice.ts';
import { Lock } from '../../program/objects/lock.ts';
import { effectOf, type Operation } from '../../program/op.ts';
import type { Program } from '../../program/program.ts';
import { TaskState } from '../../program/task.ts';
import { unnoticed } from '../../program/world.ts';
import { fingerprint } from '../findings.ts';
import { isHint } from '../outcome.ts';
import type { TraceStep } from '../replay/recorder.ts';
import { follow } from '../replay/replay.ts';
import { type Schedule, verbs } from '../replay/schedule.ts';
import { ObservedRecorder } from '../state/observe.ts';
import { waitedFor } from '../state/observer.ts';
import type { States } from '../state/states.ts';
import { Met, Shared } from './shared.ts';

/** What a task would do next. */
export interface NextStep {
  readonly function: string;
  /** `read`, `write`, `lock`, `free`, ... */
  readonly op: string;
  /** As the trace would call it: `A->fwspec`. */
  readonly target: string;
  /** In how many ways it can go: 1 but for a choice, as of an allocation that may fail. */
  readonly ways: number;
  /** Whether another task was seen to touch the same, and one of them changes it; or nobody was seen to. */
  readonly isShared: boolean;
}

/** Where a task is. */
export interface PlayTask {
  readonly name: string;
  readonly status: 'can go on' | 'waits' | 'has ended' | 'has crashed';
  /** What it would do, also when it has to wait for that; null when it is over. */
  readonly next: NextStep | null;
  /** What it waits for, and which task has that, by its column, if one has. */
  readonly waitsFor: { readonly what: string; readonly held: number | null } | null;
}

/** Something that has gone wrong. */
export interface PlayFailure {
  /** The fingerprint of the bug. */
  readonly id: string;
  readonly kind: BugKind;
  readonly message: string;
  /** It does not go wrong here, but shows that another execution could: a data race, an order of locks. */
  readonly isHint: boolean;
}

/** How far an execution has come. */
export interface Position {
  readonly tasks: readonly PlayTask[];
  readonly steps: readonly TraceStep[];
  readonly states: States;
  readonly failures: readonly PlayFailure[];
  /** No task can go on. */
  readonly isOver: boolean;
  /** What leads here, to be replayed or linked. */
  readonly schedule: Schedule;
  readonly events: number;
  readonly preemptions: number;
}

/**
 * How far a task goes on: one event; until its next one is what another task was seen to touch; until it can not
 * go on, because it waits or is over; until it is over, others going on where it waits for them.
 */
export type Stretch = 'step' | 'shared' | 'blocked' | 'end';
export const stretches: readonly Stretch[] = ['step', 'shared', 'blocked', 'end'];

/** An execution in which somebody chooses at each point which task goes on. */
export class Play {
  readonly #program: Program;
  #observed: ObservedRecorder;
  /** By event: which task made it, by its column, and the way it went. */
  readonly #moves: { readonly task: number; readonly way: number }[] = [];
  /** How many events there were before each choice. */
  readonly #choices: number[] = [];
  #shared: Shared | null = null;
  #met = new Met();

  /**
   * @param schedule what has happened already: each of its stretches counts as one choice
   * @throws UsageError when it does not fit
   */
  constructor(program: Program, schedule: Schedule = []) {
    this.#program = program;
    this.#observed = new ObservedRecorder(program);
    follow(this.#observed.recorder, schedule);
    const { order, ways } = this.#observed.recorder.result();
    order.forEach((task, event) => {
      if (task !== order[event - 1]) this.#choices.push(event);
      this.#moves.push({ task, way: ways[event] ?? 0 });
    });
  }

  /** How many choices were made. */
  get choices(): number {
    return this.#choices.length;
  }

  position(): Position {
    const { replay, states } = this.#observed.result();
    const { started } = this.#execution;
    return {
      tasks: started.map((task, column) => ({
        name: replay.tasks[column] ?? task.name,
        ...this.#where(task, replay.tasks),
      })),
      steps: replay.steps,
      states,
      failures: replay.failures.map((failure) => ({
        id: fingerprint(failure),
        kind: failure.kind,
        message: failure.message,
        isHint: isHint(failure.kind),
      })),
      isOver: this.#execution.enabled() === 0,
      schedule: replay.schedule,
      events: replay.events,
      preemptions: replay.preemptions,
    };
  }

  /**
   * Let a task go on.
   *
   * @param column which one
   * @param way which way its next event goes, if that is a choice
   * @throws UsageError when it cannot go on
   */
  choose(column: number, stretch: Stretch = 'step', way = 0): void {
    const task = this.#execution.started[column];
    if (task === undefined) throw cannot(`there is no task number ${column}`);
    if (task.pending === null) throw cannot(`${task.name} has ended`);
    if (!task.pending.enabled()) throw cannot(`${task.name} has to wait`);
    if (way !== 0 && !(way < waysOf(task))) throw cannot(`there is no choice number ${way}`);
    this.#choices.push(this.#moves.length);
    this.#move(task, way);
    if (stretch === 'step') return;
    while (task.pending !== null) {
      if (stretch === 'shared' && this.#isShared(task)) return;
      if (task.pending.enabled()) this.#move(task, 0);
      else if (stretch !== 'end' || !this.#makeWay(task)) return;
    }
  }

  /** Take back the last choice. Returns whether there was one. */
  undo(): boolean {
    const length = this.#choices.pop();
    if (length === undefined) return false;
    this.#moves.length = length;
    this.#observed = new ObservedRecorder(this.#program);
    this.#met = new Met();
    for (const { task, way } of this.#moves)
      this.#observed.recorder.step(this.#execution.started[task] as TaskState, way);
    return true;
  }

  get #execution(): ObservedRecorder['recorder']['execution'] {
    return this.#observed.recorder.execution;
  }

  #move(task: TaskState, way: number): void {
    this.#moves.push({ task: this.#execution.started.indexOf(task), way });
    this.#observed.recorder.step(task, way);
  }

  /** Another task makes a step, that one day `task` may go on. Returns whether one could. */
  #makeWay(task: TaskState): boolean {
    const on = waitedFor(task);
    const holder = on instanceof Lock ? on.holder : on instanceof TaskState ? on : null;
    const next = [holder, ...this.#execution.started].find(
      (other) => other !== null && other !== task && other.pending?.enabled() === true,
    );
    if (next === undefined || next === null) return false;
    this.#move(next, 0);
    return true;
  }

  #where(task: TaskState, names: readonly string[]): Omit<PlayTask, 'name'> {
    const { pending, status } = task;
    if (pending === null) {
      const over = status === 'crashed' ? 'has crashed' : 'has ended';
      return { status: over, next: null, waitsFor: null };
    }
    const next = this.#next(task, pending);
    const on = waitedFor(task);
    if (on === null) return { status: 'can go on', next, waitsFor: null };
    const { started, world } = this.#execution;
    if (on instanceof TaskState) {
      const held = started.indexOf(on);
      return { status: 'waits', next, waitsFor: { what: names[held] ?? on.name, held } };
    }
    const holder = on instanceof Lock && on.holder !== null ? started.indexOf(on.holder) : null;
    return {
      ...{ status: 'waits', next },
      waitsFor: { what: unnoticed(world, () => on.text), held: holder },
    };
  }

  #next(task: TaskState, pending: Operation<unknown>): NextStep {
    const { op, target } = unnoticed(this.#execution.world, () => pending.describe());
    return {
      function: task.functionName(),
      // An allocation that may fail is a choice, but nobody calls it so.
      op: op === 'alloc' ? op : verbs[effectOf(pending)],
      target,
      ways: waysOf(task),
      isShared: this.#isShared(task),
    };
  }

  #isShared(task: TaskState): boolean {
    this.#shared ??= new Shared(this.#program);
    const { run, execution } = this.#observed.recorder;
    return this.#shared.has(task, this.#met.goOn(run, execution));
  }
}

function waysOf({ pending }: TaskState): number {
  return pending instanceof Choice ? pending.ways : 1;
}

function cannot(problem: string): UsageError {
  return new UsageError('explore/cannot-go-on', problem);
}
