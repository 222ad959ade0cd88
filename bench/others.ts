import fc from 'fast-check';
import { Execution } from '../src/explore/execution/execution.ts';
import { Run } from '../src/explore/execution/run.ts';
import { widthOf } from '../src/explore/execution/width.ts';
import type { Program } from '../src/explore/index.ts';
import { Names } from '../src/explore/program/names.ts';
import { Search } from '../src/explore/search/search.ts';

/** How many executions there were time for, and how many classes were among them. */
export interface Tried {
  readonly executions: number;
  readonly classes: number;
  readonly all: boolean;
}

/** All interleavings one after the other, with no reduction. */
export function plainSearch(program: Program, milliseconds: number): Tried {
  const width = widthOf(program);
  const names = new Names();
  const run = new Run(names, width);
  const seen = new Set<string>();
  const left: number[] = [];
  const end = performance.now() + milliseconds;
  let executions = 0;
  for (;;) {
    const execution = new Execution(program, names, width);
    for (let depth = 0; depth < run.length; depth++)
      run.replay(execution, execution.task(run.task[depth] as number), depth);
    for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
      const depth = run.length;
      const open = left[depth] ?? enabled;
      left[depth] = open & (open - 1);
      run.step(execution, execution.task(31 - Math.clz32(open & -open)));
    }
    executions++;
    seen.add(classOf(run));
    execution.dispose();
    let depth = run.length - 1;
    left.length = run.length;
    while (depth >= 0 && left[depth] === 0) depth--;
    if (depth < 0) return { executions, classes: seen.size, all: true };
    left.length = depth + 1;
    run.rewind(depth);
    if (performance.now() > end) return { executions, classes: seen.size, all: false };
  }
}

/** The same tasks under the scheduler of fast-check, which picks at random. */
export async function fastCheck(program: Program, milliseconds: number): Promise<Tried> {
  const width = widthOf(program);
  const names = new Names();
  const seen = new Set<string>();
  let executions = 0;
  const end = performance.now() + milliseconds;
  for (let seed = 1; performance.now() < end; seed++) {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const execution = new Execution(program, names, width);
      const run = new Run(names, width);
      const bodies = execution.tasks.map(async (task) => {
        while (task !== undefined && task.pending !== null) {
          await scheduler.schedule(Promise.resolve());
          if (task.pending.enabled()) run.step(execution, task);
        }
      });
      await scheduler.waitFor(Promise.all(bodies));
      executions++;
      seen.add(classOf(run));
      execution.dispose();
    });
    await fc.assert(property, { seed, numRuns: 50, interruptAfterTimeLimit: milliseconds });
  }
  return { executions, classes: seen.size, all: false };
}

function classOf(run: Run): string {
  const events: string[] = [];
  for (let event = 0; event < run.length; event++) {
    const clock = Array.from({ length: run.width }, (_, task) => run.clockOf(event, task));
    events.push(`${run.task[event]}:${run.foot[event]}:${clock}`);
  }
  return events.sort().join(';');
}

/** Microseconds for running one typical execution again, with nothing around it. */
export function bareReplay(program: Program): number {
  let schedule: number[] = [];
  const search = new Search(program, (run) => {
    schedule = run.task.slice(0, run.length);
  });
  search.explore(20);
  const once = (): void => {
    const execution = new Execution(program, search.names, search.width);
    schedule.forEach((task, i) => {
      execution.step(execution.task(task), i);
    });
    execution.dispose();
  };
  const rounds = 5_000;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round++) {
    const start = process.cpuUsage().user;
    for (let i = 0; i < rounds; i++) once();
    best = Math.min(best, (process.cpuUsage().user - start) / rounds);
  }
  return best;
}
