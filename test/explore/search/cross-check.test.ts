import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  Cell,
  crossCheck,
  explore,
  type Program,
  StateGraph,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { casw, coa, fib, inc, iommuRace, lockinc, mutexDeadlock } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';

it('two engines that share nothing agree on random programs', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      if (truthAbout(mini, 1_000) === null) return;
      expect(crossCheck(toProgram(mini)).differences).toEqual([]);
    }),
    { seed: 20240229, numRuns: 60, endOnFailure: true },
  );
});

it.each([fib(3), inc(3), iommuRace(1), iommuRace(2), lockinc(3), mutexDeadlock(3)])(
  'two engines agree on $name',
  (program) => {
    expect(crossCheck(program).differences).toEqual([]);
  },
);

it('states are merged: there are fewer of them than ways to get there', () => {
  const { complete, states } = new StateGraph(iommuRace(2)).run();
  expect(complete).toBe(true);
  expect(states).toBeLessThan(10_000);
});

it.each([1, 2, 3, 4, 5])(
  '%i tasks of one step have a state for who is over and who came last',
  (n) => {
    const program: Program = {
      name: 'apart',
      setup: (world) => ({
        tasks: Array.from({ length: n }, (_, i) => {
          const cell = new Cell(world, `c${i}`, 0);
          return {
            name: `T${i}`,
            *body() {
              yield* WRITE_ONCE(cell, 1);
            },
          };
        }),
      }),
    };
    for (const worlds of ['kept', 'fresh'] as const)
      expect(new StateGraph(program, { worlds }).run().states).toBe(1 + n * 2 ** (n - 1));
  },
);

it('a search that is cut short still covers everything up to some number of preemptions', () => {
  const program = iommuRace(1);
  const all = new StateGraph(program).run();
  const some = new StateGraph(program, { maxStates: all.states / 2 }).run();
  expect(some.complete).toBe(false);
  expect(some.coveredPreemptions).toBeGreaterThanOrEqual(0);
  expect(some.coveredPreemptions).toBeLessThan(all.coveredPreemptions);
  expect(new StateGraph(program, { maxPreemptions: 1 }).run().coveredPreemptions).toBe(1);
});

it('a budget that ends the search still lets it say what few preemptions can do', () => {
  const options = { maxExecutions: 1, maxStates: 2_000, ignore: ['data-race'] as const };
  const clean = explore(inc(3), options);
  expect(clean).toMatchObject({ verdict: 'incomplete', complete: false });
  expect(clean.bounds.preemptions).toBeGreaterThanOrEqual(2);
  const bug = explore(mutexDeadlock(3), options);
  expect(bug.bugs.map(({ kind }) => kind)).toContain('deadlock');
  expect(explore(inc(3), { maxExecutions: 1 }).bounds.preemptions).toBeNull();
});

it.each([
  [inc(3), [6, 18, 12]],
  [inc(4), [24, 144, 264, 144]],
  [casw(3), [6, 18, 30, 12]],
  [casw(4), [24, 144, 408, 480, 144]],
  [coa(4), [120, 588, 900, 420]],
  [iommuRace(1), [2, 7, 8, 6, 2, 1]],
  [iommuRace(2), [6, 36, 60, 58, 34, 20, 4]],
])('the classes of %o by fewest preemptions are the published ones', (program, histogram) => {
  expect(explore(program, { histogram: true, ignore: ['data-race'] }).histogram).toEqual(histogram);
});
