import { expect } from 'vitest';
import { explore, fingerprint, type Outcome, replay } from '../../../src/explore/index.ts';
import { Search } from '../../../src/explore/search/search.ts';
import { type Mini, taskNumber, toProgram } from './mini.ts';
import { rerun, signatureOf, type Truth } from './oracle.ts';

/** The search visits the classes there are, each once, and is never blocked. */
export function expectEveryClassOnce(mini: Mini, truth: Truth): void {
  const seen: string[] = [];
  const search = new Search(toProgram(mini), (run, { tasks }) => {
    const schedule = run.task
      .slice(0, run.length)
      .map((task, i) => [taskNumber(mini, tasks[task]?.name ?? ''), run.wayOf(i)] as const);
    seen.push(signatureOf(rerun(mini, schedule).events));
  });
  search.explore(truth.classes.size + 100);
  expect(search.blocked).toBe(0);
  expect(new Set(seen)).toEqual(new Set(truth.classes.keys()));
  expect(seen.length).toBe(truth.classes.size);
}

/** The same failures, in as many classes, as cheap. */
export function expectSameVerdict(outcome: Outcome, truth: Truth): void {
  const expected = [...truth.failures]
    .filter(([id]) => !isLongCycle(id))
    .map(([id, { classes, cost }]) => ({ id, classes, cost }));
  const found = outcome.bugs
    .filter(({ id }) => !isLongCycle(id))
    .map((bug) => ({
      id: bug.id,
      classes: bug.classes,
      cost: [bug.preemptions, bug.switches, bug.events],
    }));
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
  expect(found.sort(byId)).toEqual(expected.sort(byId));
}

/** Each witness happens again, to the byte, with the same failure. */
export function expectReplay(mini: Mini, outcome: Outcome): void {
  const program = toProgram(mini);
  for (const bug of outcome.bugs) {
    const again = replay(program, JSON.parse(JSON.stringify(bug.schedule)));
    expect(JSON.stringify(again.steps)).toBe(JSON.stringify(bug.steps));
    expect(again.failures.map(fingerprint)).toContain(bug.id);
  }
}

export function check(mini: Mini, truth: Truth): void {
  expectEveryClassOnce(mini, truth);
  const outcome = explore(toProgram(mini));
  expectSameVerdict(outcome, truth);
  expectReplay(mini, outcome);
}

/** The oracle looks for cycles of two locks only. */
function isLongCycle(id: string): boolean {
  return id.startsWith('lock-order:') && (id.split(':')[2] ?? '').split('+').length > 2;
}
