import { expect, test } from 'vitest';
import { lanes } from '../../../src/report/index.ts';
import { withPair } from '../../../src/report/lanes/pair.ts';
import { smallBug, smallWhy, step } from './small-bug.ts';

test('the steps that decide are found by their events', () => {
  expect(withPair(smallBug, smallWhy)).toEqual({ bug: smallBug, pair: [7, 11] });
});

test('one that the witness does not come to stands at its end, in the lane of its task', () => {
  const second = { task: 'CPU1  register', function: 'put', op: 'lock', object: 'm', event: 99 };
  const { bug, pair } = withPair(smallBug, { ...smallWhy, second });
  expect(pair).toEqual([7, bug.steps.length - 1]);
  const [last = ''] = lanes(bug, { pair }).slice(-1);
  expect(last).toMatch(/ {30,}put +\[2\] lock m \(later\)$/);
});

test('of a data race the two accesses are the pair, whether somebody says so or not', () => {
  const steps = ['0 write x 1', '0 write y 1', '1 read y 1', '1 read x 1'].map((line) =>
    step(line),
  );
  const race = { ...smallBug, kind: 'data-race', steps, at: 3 } as const;
  expect(withPair(race, null).pair).toEqual([0, 3]);
});

test('a bug of any order has no pair', () => {
  expect(withPair(smallBug, { first: null, second: null, text: '' }).pair).toBe(null);
});
