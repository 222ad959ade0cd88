import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distance, nearest } from '../../src/util/index.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });

describe('the distance of two words', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kernel', 'kernels', 1],
    ['kernel', 'kenrel', 1],
    ['kernel', 'colonel', 4],
  ])('%j and %j: %i', (a, b, letters) => {
    expect(distance(a, b)).toBe(letters);
  });

  test('is none for the same word only, and the same both ways', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b) === 0).toBe(a === b);
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('the nearest name', () => {
  const names = ['check', 'compare', 'capture', 'completion'];
  test.each<[string, string | null]>([
    ['chekc', 'check'],
    ['CHECK', 'check'],
    ['comp', 'compare'],
    ['captre', 'capture'],
    ['x', null],
    ['', null],
    ['frobnicate', null],
    ['c'.repeat(100_000), null],
  ])('to %j is %s', (typed, name) => {
    expect(nearest(typed, names)).toBe(name);
  });
});
