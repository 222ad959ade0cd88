import fc from 'fast-check';
import { expect, it } from 'vitest';
import { miniPrograms } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';
import { check } from '../mini/random-programs.ts';

it('what the search says of random programs is what brute force says', { timeout: 60_000 }, () => {
  let checked = 0;
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      const truth = truthAbout(mini, 3_000);
      if (truth === null) return;
      checked++;
      check(mini, truth);
    }),
    { seed: 20231121, numRuns: 300, endOnFailure: false },
  );
  expect(checked).toBeGreaterThan(250);
});
