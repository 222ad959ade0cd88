import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FirstRange } from '../../src/util/index.ts';

const ranges = fc.array(fc.record({ from: fc.nat(40), length: fc.integer({ min: -2, max: 15 }) }), {
  maxLength: 12,
});

it('the first range that has a number is the one that going over all of them finds', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const all = list.map(({ from, length }) => ({ from, until: from + length }));
      const first = new FirstRange(all);
      for (let number = -1; number < 60; number++) {
        const found = all.findIndex(({ from, until }) => from <= number && number < until);
        expect(first.of(number)).toBe(found);
      }
    }),
    { numRuns: 300 },
  );
});

it('a hundred thousand ranges that hide one another are read in one go', () => {
  const all = Array.from({ length: 100_000 }, (_, i) => ({ from: i, until: 200_000 - i }));
  const first = new FirstRange(all);
  expect([first.of(0), first.of(99_999), first.of(100_001), first.of(200_000)]).toEqual([
    0, 0, 0, -1,
  ]);
});
