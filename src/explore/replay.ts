import { UsageError } from '../util/index.ts';
import { Execution } from './execution.ts';
import type { Failure } from './failure.ts';
import type { StepText } from './op.ts';
import type { Program, Start } from './program.ts';
import { isLabel, labelOf, type Schedule, ScheduleWriter, type Segment } from './schedule.ts';
import { widthOf } from './search.ts';
import type { TaskState } from './task.ts';
import { describeValue } from './text.ts';
import { Names } from './world.ts';

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
}

/** Runs an execution and writes down every step. */
class Recorder {
  readonly execution: Execution;
  readonly steps: TraceStep[] = [];
  readonly writer = new ScheduleWriter();
  events = 0;
  #preemptions = 0;
  #last: TaskState | null = null;

  constructor(program: Program) {
    this.execution = new Execution(program, new Names(), widthOf(program));
    const { world } = this.execution;
    world.listener = {
      step: (task, functionName, depth, step, event) => {
        this.steps.push({ task: task.index, depth, function: functionName, ...step, event });
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
    for (const task of this.execution.tasks) task?.showStack();
  }

  #add(task: TaskState, name: string, depth: number, op: 'call' | 'return', value: string): void {
    const { event } = this.execution.world;
    this.steps.push({ task: task.index, depth, function: name, op, target: name, value, event });
  }

  step(task: TaskState): void {
    if (this.#last !== task && this.#last?.pending?.enabled()) this.#preemptions++;
    this.#last = task;
    this.writer.event(task.name, labelOf(task));
    this.execution.step(task, this.events++);
  }

  result(): Replay {
    const ended = this.execution.enabled() === 0;
    const failures = ended ? this.execution.finish() : this.execution.world.failures;
    return {
      start: this.execution.start,
      tasks: this.execution.tasks.map((task) => task?.name ?? ''),
      steps: this.steps,
      failures: [...failures],
      schedule: this.writer.schedule(),
      events: this.events,
      preemptions: this.#preemptions,
    };
  }
}

/** Run a program again, the given tasks one step each, and write down what happens. */
export function record(program: Program, tasks: readonly number[]): Replay {
  const recorder = new Recorder(program);
  for (const index of tasks) recorder.step(recorder.execution.task(index));
  return recorder.result();
}

/**
 * Run a schedule again and write down what happens.
 *
 * @throws UsageError when the program has changed so that the schedule does not fit any more
 */
export function replay(program: Program, schedule: Schedule): Replay {
  const recorder = new Recorder(program);
  const counts = new Map<string, number>();
  for (const segment of schedule) {
    for (;;) {
      const task = nextTask(recorder.execution, segment);
      const label = labelOf(task);
      const key = `${task.name}\n${label}`;
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      recorder.step(task);
      if (nth === segment.nth && isLabel(label, segment.until)) break;
    }
  }
  return recorder.result();
}

function nextTask(execution: Execution, { task: name, until, nth }: Segment): TaskState {
  const task = execution.tasks.find(
    (candidate) =>
      candidate !== undefined &&
      candidate.pending !== null &&
      (candidate.name === name || `#${candidate.index}` === name),
  );
  const problem =
    task === undefined
      ? `${name} has ended`
      : task.pending?.enabled()
        ? null
        : `${name} has to wait`;
  if (task !== undefined && problem === null) return task;
  throw new UsageError(
    'explore/schedule-does-not-fit',
    `the schedule does not fit this program any more: ${problem} before "${until}" (number ${nth})`,
  );
}
