import { Execution, maxTasksLimit } from '../../execution/execution.ts';
import { Run } from '../../execution/run.ts';
import { checkProgram } from '../../program/checks/check-program.ts';
import type { Failure } from '../../program/failure.ts';
import type { Names } from '../../program/names.ts';
import { lockOrderFailures } from '../../program/objects/lock-order.ts';
import type { StepText } from '../../program/op.ts';
import type { Program, Start } from '../../program/program.ts';
import type { TaskState } from '../../program/task.ts';
import { describeValue } from '../../program/text.ts';
import { labelOf, type Schedule, ScheduleWriter } from './schedule.ts';

/** One line of a trace. */
export interface TraceStep {
  /** The column: tasks in the order they were started. */
  readonly task: number;
  /** Nesting of named functions. */
  readonly depth: number;
  readonly function: string;
  readonly op: StepText['op'] | 'call' | 'return';
  readonly target: string;
  readonly value: string;
  /** Where in its source that is, where the program says so. */
  readonly place?: string;
  /** The event this belongs to: what is done, or the last event before a call, return or remark. */
  readonly event: number;
}

export interface Replay {
  readonly start: Start;
  readonly tasks: readonly string[];
  readonly steps: readonly TraceStep[];
  readonly failures: readonly Failure[];
  readonly schedule: Schedule;
  /** How many events were made. */
  readonly events: number;
  /** How often a task had to make way although it could have gone on. */
  readonly preemptions: number;
  /** The tasks in the order they made a step, and the way each of the steps went. */
  readonly order: readonly number[];
  readonly ways: readonly number[];
}

/** Looks at an execution while it is written down. */
export interface Watcher {
  /** Step number `step` of the trace was made. */
  step(step: number): void;
  /** All that an event has brought about has happened; `step` is the last one of the trace. */
  event(step: number): void;
}

/** Runs an execution and writes down every step. */
export class Recorder {
  readonly execution: Execution;
  readonly steps: TraceStep[] = [];
  readonly run: Run;
  readonly #writer = new ScheduleWriter();
  readonly #watcher: Watcher | null;
  #preemptions = 0;
  #last: TaskState | null = null;
  /** What was found at the end, once it has come to one. */
  #ended: readonly Failure[] | null = null;

  /** @param watch makes somebody who looks at what steps change */
  constructor(
    program: Program,
    names: Names,
    watch: ((execution: Execution, run: Run) => Watcher) | null = null,
  ) {
    checkProgram(program);
    // As many as there can be: to count the tasks would take another execution.
    const width = Math.min(program.maxTasks ?? maxTasksLimit, maxTasksLimit);
    this.run = new Run(names, width);
    // Whoever watches reads the notes of what is to be taken back.
    this.execution = new Execution(program, names, width, watch !== null);
    const { world } = this.execution;
    world.listener = {
      step: (task, functionName, depth, step, event, place) => {
        this.steps.push({
          task: this.#column(task),
          depth,
          function: functionName,
          ...step,
          ...(place !== null && { place: place.text }),
          event,
        });
        this.#watcher?.step(this.steps.length - 1);
      },
      call: (task, functionName, depth) => this.#add(task, functionName, depth, 'call', ''),
      return: (task, functionName, depth, value) =>
        this.#add(
          task,
          functionName,
          depth,
          'return',
          value === undefined ? '' : describeValue(value),
        ),
    };
    // The tasks have run up to their first operation already; say which functions they are in.
    for (const task of this.execution.started) task.showStack();
    this.#watcher = watch?.(this.execution, this.run) ?? null;
  }

  #column(task: TaskState): number {
    return this.execution.started.indexOf(task);
  }

  /** The task that a segment means: by its name, or by its column. */
  find(name: string): TaskState | undefined {
    return this.execution.started.find(
      (task, column) => this.nameOf(task) === name || `#${column}` === name,
    );
  }

  #add(task: TaskState, name: string, depth: number, op: 'call' | 'return', value: string): void {
    const { event } = this.execution.world;
    this.steps.push({
      task: this.#column(task),
      depth,
      function: name,
      op,
      target: name,
      value,
      event,
    });
  }

  /** The tasks, by names that are different for all of them. */
  nameOf(task: TaskState): string {
    return nameAmong(this.execution.started, task);
  }

  step(task: TaskState, way = 0): void {
    if (this.#last !== task && this.#last?.pending?.enabled() === true) this.#preemptions++;
    this.#last = task;
    this.#writer.event(this.nameOf(task), labelOf(task), way);
    this.run.step(this.execution, task, way);
    this.#watcher?.event(this.steps.length - 1);
  }

  result(): Replay {
    const { execution } = this;
    const { world } = execution;
    if (execution.enabled() === 0) this.#ended ??= execution.finish();
    const failures = this.#ended ?? [
      ...world.failures,
      ...lockOrderFailures(world.lockEdges ?? []),
    ];
    const races = this.run.dataRaces.failures(
      this.run,
      (index) => execution.tasks[index]?.name ?? '',
    );
    return {
      start: execution.start,
      tasks: execution.started.map((task) => this.nameOf(task)),
      steps: [...this.steps],
      failures: [...failures, ...races],
      schedule: this.#writer.schedule(),
      events: this.run.length,
      preemptions: this.#preemptions,
      order: this.run.task
        .slice(0, this.run.length)
        .map((index) => this.#column(execution.task(index))),
      ways: Array.from({ length: this.run.length }, (_, event) => this.run.wayOf(event)),
    };
  }
}

/** What a task is called where others may have its name. */
export function nameAmong(tasks: readonly TaskState[], task: TaskState): string {
  const nth = tasks.filter((other) => other.name === task.name).indexOf(task);
  return nth <= 0 ? task.name : `${task.name} #${nth + 1}`;
}
