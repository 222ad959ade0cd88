import { expect, test } from 'vitest';
import type { BugKind } from '../../../src/explore/index.ts';
import type { Pair } from '../../../src/report/lanes/pair.ts';
import { relevantSteps } from '../../../src/report/lanes/relevance.ts';
import { step } from './small-bug.ts';

/** The steps that matter among those written as `task op target value`. */
function relevant(
  kind: BugKind,
  at: number | null,
  lines: readonly string[],
  pair: Pair | null = null,
): string[] {
  const steps = lines.map((line) => step(line));
  const kept = relevantSteps({ kind, steps, at }, pair);
  return lines.filter((_, i) => kept[i]);
}

test('of a deadlock, the locks that nobody lets go of matter', () => {
  const lines = ['0 lock c', '0 unlock c', '0 lock a', '1 write x 1', '1 lock b'];
  expect(relevant('deadlock', null, lines)).toEqual(['0 lock a', '1 lock b']);
});

test('of a wrong order of locks, all that is done to locks which tasks share matters', () => {
  const lines = [
    '0 lock a',
    '0 lock b',
    '0 unlock b',
    '0 unlock a',
    '1 lock c',
    '1 lock b',
    '1 lock a',
  ];
  expect(relevant('lock-order', 6, lines)).toEqual(lines.filter((line) => !line.endsWith('c')));
});

test('of other bugs, locks do not matter', () => {
  const lines = ['0 lock m', '0 write x 1', '0 unlock m', '1 lock m', '1 read x 1'];
  expect(relevant('property', 4, lines)).toEqual(['0 write x 1', '1 read x 1']);
});

test('reading something else than what one wrote oneself matters', () => {
  const lines = ['0 read p NULL', '0 write p A', '1 write p NULL', '0 read p NULL', '0 read p->q'];
  expect(relevant('null-deref', 4, lines)).toEqual(lines.slice(1));
});

test('when no step stands out, all do but the calls', () => {
  const lines = ['0 call f', '0 write x 1', '0 return f'];
  expect(relevant('leak', null, lines)).toEqual(['0 write x 1', '0 return f']);
});

test('a local variable that is NULL was read from a cell that has another value by now', () => {
  const lines = ['0 read d D', '0 read d NULL', '1 read d NULL', '1 write d D', '0 read d D'];
  const failing = '0 read drv->managed';
  const all = [...lines, failing];
  expect(relevant('null-deref', 5, all, [3, 4])).toEqual([lines[1], ...lines.slice(3), failing]);
  // What leads there is a place: its own steps tell.
  const known = ['1 write drv NULL', ...all];
  expect(relevant('null-deref', 6, known, [4, 5])).not.toContain(lines[1]);
});
