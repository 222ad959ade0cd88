import { Execution } from '../../execution/execution.ts';
import { Run } from '../../execution/run.ts';
import type { Failure } from '../../program/failure.ts';
import type { Names } from '../../program/names.ts';
import type { Program } from '../../program/program.ts';

/** What an execution did, kept so that another order of its events can be tried. */
export interface Ran {
  readonly run: Run;
  readonly execution: Execution;
  readonly failures: readonly Failure[];
}

/** Which task makes each step, and which way the step goes. */
export interface Order {
  readonly tasks: readonly number[];
  readonly ways: readonly number[];
}

/**
 * Let tasks make steps in this order, as far as they can, and then come to an end.
 *
 * @param kept after so many steps a task that runs goes on for as long as it can
 */
export function runInOrder(
  program: Program,
  width: number,
  names: Names,
  { tasks, ways }: Order,
  kept: number = tasks.length,
): Ran {
  const run = new Run(names, width);
  const execution = new Execution(program, names, width);
  const left = tasks.map((task, i) => ({ task, way: ways[i] ?? 0 }));
  let last = -1;
  for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
    const stays = last >= 0 && (enabled & (1 << last)) !== 0;
    const at =
      stays && run.length >= kept
        ? left.findIndex(({ task }) => task === last)
        : left.findIndex(({ task }) => (enabled & (1 << task)) !== 0);
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next !== undefined) last = next.task;
    else if (!stays) last = 31 - Math.clz32(enabled & -enabled);
    run.step(execution, execution.task(last), next?.way ?? 0);
  }
  return { run, execution, failures: execution.finish() };
}

/** The order in which an execution made its events. */
export function orderOf(run: Run): Order {
  return {
    tasks: run.task.slice(0, run.length),
    ways: Array.from({ length: run.length }, (_, event) => run.wayOf(event)),
  };
}

/**
 * The order of steps in which `second` comes before `first`, and all else as little changed. An
 * event behind the last one is the lock that the task with this number still waits for.
 *
 * @returns the order, and how many of its steps there are up to and with `second`
 */
export function reversed(run: Run, first: number, second: number): Order & { kept: number } {
  const before: number[] = [];
  const after: number[] = [];
  for (let event = 0; event < run.length; event++) {
    if (event === second) continue;
    const moves = event === first || (event > first && run.happensBefore(first, event));
    (event < first || (event < second && !moves) ? before : after).push(event);
  }
  const sequence = [...before, second, ...after];
  return {
    tasks: sequence.map((event) =>
      event < run.length ? (run.task[event] as number) : event - run.length,
    ),
    ways: sequence.map((event) => (event < run.length ? run.wayOf(event) : 0)),
    kept: before.length + 1,
  };
}
