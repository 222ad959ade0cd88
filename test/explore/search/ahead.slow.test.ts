import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore } from '../../../src/explore/index.ts';
import { fib, indexer, iommuRace, lastzero, readers } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';
import { withHelper } from './helped.ts';

describe('a search with a helper that explores branches ahead of time', () => {
  it.each([iommuRace(2), iommuRace(3), readers(7), lastzero(8), fib(4), indexer(14, true)])(
    'ends as it does without one: $name',
    (program) => {
      const options = { histogram: true };
      const alone = explore(program, options);
      let taken = 0;
      for (const rhythm of [
        { before: 1, ahead: 1, ripe: 0 },
        { before: 3, ahead: 20, ripe: 1 },
        { before: 10, ahead: 5, ripe: 16 },
        { before: 20, ahead: 1000, ripe: 16 },
      ]) {
        const helped = withHelper(program, rhythm, options);
        expect(helped.outcome).toEqual(alone);
        taken += helped.taken;
      }
      expect(taken).toBeGreaterThan(2);
    },
  );

  it('ends as it does without one: random programs', { timeout: 60_000 }, () => {
    let taken = 0;
    const rhythms = fc.record({
      before: fc.integer({ min: 1, max: 4 }),
      ahead: fc.integer({ min: 0, max: 8 }),
      ripe: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(miniPrograms, rhythms, (mini, rhythm) => {
        if (truthAbout(mini, 500) === null) return;
        const alone = explore(toProgram(mini));
        const helped = withHelper(toProgram(mini), rhythm, {});
        taken += helped.taken;
        expect(helped.outcome).toEqual(alone);
      }),
      { seed: 1990, numRuns: 400, endOnFailure: true },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
