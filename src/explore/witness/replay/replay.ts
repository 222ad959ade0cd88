import { UsageError } from '../../../util/index.ts';
import { Execution, maxTasksLimit } from '../../execution/execution.ts';
import { Run } from '../../execution/run.ts';
import { NotDeterministic } from '../../program/checks/beginning.ts';
import { checkProgram } from '../../program/checks/check-program.ts';
import type { Failure, ModelError } from '../../program/failure.ts';
import { Names } from '../../program/names.ts';
import { Choice } from '../../program/objects/choice.ts';
import { lockOrderFailures } from '../../program/objects/lock-order.ts';
import type { StepText } from '../../program/op.ts';
import type { Program, Start } from '../../program/program.ts';
import type { TaskState } from '../../program/task.ts';
import { describeValue } from '../../program/text.ts';
import {
  isLabel,
  LabelCounter,
  labelOf,
  type Schedule,
  ScheduleWriter,
  type Segment,
} from './schedule.ts';

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

/** Runs an execution and writes down every step. */
class Recorder {
  readonly execution: Execution;
  readonly steps: TraceStep[] = [];
  readonly #run: Run;
  readonly #writer = new ScheduleWriter();
  #preemptions = 0;
  #last: TaskState | null = null;

  constructor(program: Program, names: Names) {
    checkProgram(program);
    // As many as there can be: to count the tasks would take another execution.
    const width = Math.min(program.maxTasks ?? maxTasksLimit, maxTasksLimit);
    this.#run = new Run(names, width);
    this.execution = new Execution(program, names, width);
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
    this.#run.step(this.execution, task, way);
  }

  result(): Replay {
    const { execution } = this;
    const { world } = execution;
    const ended = execution.enabled() === 0;
    const failures = ended
      ? execution.finish()
      : [...world.failures, ...lockOrderFailures(world.lockEdges ?? [])];
    const races = this.#run.dataRaces.failures(
      this.#run,
      (index) => execution.tasks[index]?.name ?? '',
    );
    return {
      start: execution.start,
      tasks: execution.started.map((task) => this.nameOf(task)),
      steps: this.steps,
      failures: [...failures, ...races],
      schedule: this.#writer.schedule(),
      events: this.#run.length,
      preemptions: this.#preemptions,
      order: this.#run.task
        .slice(0, this.#run.length)
        .map((index) => this.#column(execution.task(index))),
      ways: Array.from({ length: this.#run.length }, (_, event) => this.#run.wayOf(event)),
    };
  }
}

/**
 * Run a program again, the given tasks one step each, and write down what happens.
 *
 * @param ways for each step, which way it goes when it is a choice
 * @param names what the numbers of tasks mean, where a search has given them
 */
export function record(
  program: Program,
  tasks: readonly number[],
  ways: readonly number[] = [],
  names: Names = new Names(),
): Replay {
  const recorder = new Recorder(program, names);
  tasks.forEach((index, i) => {
    const task = recorder.execution.tasks[index];
    if (task?.pending?.enabled() !== true) throw cannotGoOn(task?.name ?? `task ${index}`, i);
    recorder.step(task, ways[i]);
  });
  return recorder.result();
}

function cannotGoOn(name: string, step: number): ModelError {
  return new NotDeterministic(`run again, ${name} cannot make step ${step + 1}, which it has made`);
}

/**
 * Run a schedule again and write down what happens.
 *
 * @throws UsageError when the program has changed so that the schedule does not fit any more
 */
export function replay(program: Program, schedule: Schedule): Replay {
  const recorder = new Recorder(program, new Names());
  const counter = new LabelCounter();
  for (const segment of schedule) {
    for (;;) {
      const task = nextTask(recorder, segment);
      const label = labelOf(task);
      const nth = counter.count(recorder.nameOf(task), label);
      const choice = segment.choices?.find((made) => made.nth === nth && isLabel(label, made.at));
      recorder.step(task, checkedWay(task, choice?.way ?? 0, segment));
      if (nth === segment.nth && isLabel(label, segment.until)) break;
    }
  }
  return recorder.result();
}

function nextTask(recorder: Recorder, segment: Segment): TaskState {
  const { task: name } = segment;
  const task = recorder.find(name);
  if (task === undefined) throw doesNotFit(segment, `there is no task "${name}"`);
  if (task.pending === null) throw doesNotFit(segment, `${name} has ended`);
  if (!task.pending.enabled()) throw doesNotFit(segment, `${name} has to wait`);
  return task;
}

function checkedWay({ pending }: TaskState, way: number, segment: Segment): number {
  if (way === 0) return 0;
  if (!(pending instanceof Choice) || way >= pending.ways)
    throw doesNotFit(segment, `there is no choice number ${way}`);
  return way;
}

function doesNotFit({ until, nth }: Segment, problem: string): UsageError {
  return new UsageError(
    'explore/schedule-does-not-fit',
    `the schedule does not fit this program any more: ${problem} before "${until}" (number ${nth})`,
  );
}

/** What a task is called where others may have its name. */
export function nameAmong(tasks: readonly TaskState[], task: TaskState): string {
  const nth = tasks.filter((other) => other.name === task.name).indexOf(task);
  return nth <= 0 ? task.name : `${task.name} #${nth + 1}`;
}
