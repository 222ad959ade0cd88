import fc from 'fast-check';
import { expect, it } from 'vitest';
import { widthOf } from '../../../src/explore/execution/width.ts';
import { fingerprint } from '../../../src/explore/index.ts';
import { Names } from '../../../src/explore/program/names.ts';
import { cheapestWithFewPreemptions } from '../../../src/explore/witness/cheapest/few-preemptions.ts';
import { iommuRace, readers } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';

const settle = (program: ReturnType<typeof toProgram>, limit = 5_000, most: 0 | 1 = 1) =>
  cheapestWithFewPreemptions(
    program,
    new Names(),
    { limit, most, width: widthOf(program), worlds: 'compared' },
    (_run, failure) => [fingerprint(failure)],
  );

it('one preemption or none: the same bugs, as cheap, as brute force finds', {
  timeout: 60_000,
}, () => {
  let compared = 0;
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      const truth = truthAbout(mini, 3_000);
      const found = settle(toProgram(mini));
      if (truth === null || found === null) return;
      const ids = (id: string): boolean => !id.startsWith('lock-order:');
      const expected = [...truth.failures].filter(([id, { cost }]) => ids(id) && cost[0] < 2);
      compared += expected.length;
      const cheapest = [...found]
        .filter(([id]) => ids(id))
        .map(([id, { cost }]) => [id, [cost.preemptions, cost.switches, cost.steps]] as const);
      const byId = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
        a[0] < b[0] ? -1 : 1;
      expect(cheapest.toSorted(byId)).toEqual(
        expected.map(([id, { cost }]) => [id, cost] as const).sort(byId),
      );
    }),
    { seed: 20231122, numRuns: 300, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(100);
});

it('gives up, and claims nothing, where there are more executions than it may run', () => {
  expect(settle(readers(9), 1_000)).toBeNull();
  expect(settle(iommuRace(1), 1_000)).not.toBeNull();
});

it('with no preemption it finds what takes none, as cheap as with one', () => {
  const one = settle(iommuRace(2)) ?? new Map();
  const none = settle(iommuRace(2), 5_000, 0) ?? new Map();
  const cheap = [...one].filter(([, { cost }]) => cost.preemptions === 0);
  expect([...none].map(([id, { cost }]) => [id, cost])).toEqual(
    cheap.map(([id, { cost }]) => [id, cost]),
  );
  expect(none.size).toBeGreaterThan(0);
  expect(none.size).toBeLessThan(one.size);
});
