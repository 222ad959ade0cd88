import fc from 'fast-check';
import { expect, it } from 'vitest';
import { miniPrograms } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';
import { check } from '../mini/random-programs.ts';

it('what the search says of thousands of random programs is what brute force says', () => {
  let checked = 0;
  let classes = 0;
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      const truth = truthAbout(mini, 8_000);
      if (truth === null) return;
      checked++;
      classes += truth.classes.size;
      check(mini, truth);
    }),
    { seed: 6_7_1, numRuns: 6_000, endOnFailure: true },
  );
  expect(checked).toBeGreaterThan(5_000);
  expect(classes).toBeGreaterThan(50_000);
});
