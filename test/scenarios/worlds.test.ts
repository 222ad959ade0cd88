import { expect, it } from 'vitest';
import { Execution } from '../../src/explore/execution/execution.ts';
import { Run } from '../../src/explore/execution/run.ts';
import { widthOf } from '../../src/explore/execution/width.ts';
import type { Program } from '../../src/explore/index.ts';
import { Names } from '../../src/explore/program/names.ts';
import { RandomNumbers } from '../../src/explore/search/random.ts';
import { Search } from '../../src/explore/search/search.ts';
import { scenarios } from '../../src/scenarios/index.ts';
import { newestKernel } from '../../src/series/index.ts';
import { fitting, programFor, subject } from './races/explored.ts';

// What the model keeps outside of cells, and changes past `assign()` and its like, ends the search
// that is asked here; the real one would begin anew, and take twice as long.
it.each(scenarios.map(({ name }) => name))('keeps nothing that cannot be undone: %s', (name) => {
  const [driver] = fitting(name, newestKernel);
  if (driver === undefined) return;
  const search = new Search(programFor(subject(name, newestKernel, driver)), () => {}, {
    worlds: 'compared',
  });
  expect(() => search.explore(25)).not.toThrow();
});

/** What each step of an execution did, as the tasks come by chance. */
function stepsOf(execution: Execution, run: Run, seed: number): string[] {
  const random = new RandomNumbers(seed);
  const lines: string[] = [];
  run.rewind(0);
  for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
    const able = [...execution.tasks.keys()].filter((index) => (enabled >> index) & 1);
    run.step(execution, execution.task(able[random.below(able.length)] as number), 0);
    const { op, target, value } = (run.operation[run.length - 1] as Run['operation'][0]).describe();
    lines.push(`${run.task[run.length - 1]} ${op} ${target} ${value}`);
  }
  return lines;
}

/** The seeds of which an execution is another one in a world that was used before. */
function unlike(program: Program): number[] {
  const names = new Names();
  const width = widthOf(program);
  const used = new Execution(program, names, width, true);
  return [1, 2, 3].filter((seed) => {
    used.rewind(0);
    const again = stepsOf(used, new Run(names, width), seed);
    const fresh = new Execution(program, names, width, false);
    return again.join() !== stepsOf(fresh, new Run(names, width), seed).join();
  });
}

// A search seldom goes back to the beginning.
it.each(scenarios.map(({ name }) => name))('begins anew when all is taken back: %s', (name) => {
  for (const driver of fitting(name, newestKernel))
    expect([driver, unlike(programFor(subject(name, newestKernel, driver)))]).toEqual([driver, []]);
});
