import { UsageError } from '../../../util/index.ts';
import { NotDeterministic } from '../../program/checks/beginning.ts';
import type { ModelError } from '../../program/failure.ts';
import { Names } from '../../program/names.ts';
import { Choice } from '../../program/objects/choice.ts';
import type { Program } from '../../program/program.ts';
import type { TaskState } from '../../program/task.ts';
import { Recorder, type Replay } from './recorder.ts';
import { isLabel, LabelCounter, labelOf, type Schedule, type Segment } from './schedule.ts';

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
  follow(recorder, schedule);
  return recorder.result();
}

/**
 * Let an execution that has not made a step yet follow a schedule.
 *
 * @throws UsageError when the schedule does not fit
 */
export function follow(recorder: Recorder, schedule: Schedule): void {
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
