import { describe, expect, test } from 'vitest';
import type { Bug, TraceStep } from '../../../src/explore/index.ts';
import { lanes } from '../../../src/report/index.ts';

type Line = readonly [op: TraceStep['op'], target: string, value?: string];

/** The steps of a trace: tasks take turns, and calls nest by themselves. */
function trace(
  ...turns: readonly (readonly [task: number, ...lines: readonly Line[]])[]
): TraceStep[] {
  const stacks: string[][] = [[], []];
  const steps: TraceStep[] = [];
  for (const [task, ...lines] of turns) {
    const stack = stacks[task] ?? [];
    for (const [op, target, value = ''] of lines) {
      if (op === 'call') stack.push(target);
      const depth = Math.max(0, stack.length - 1);
      steps.push({ task, depth, function: stack.at(-1) ?? '', op, target, value, event: 0 });
      if (op === 'return') stack.pop();
    }
  }
  return steps;
}

function shown(
  steps: readonly TraceStep[],
  bug: Partial<Pick<Bug, 'kind' | 'at' | 'tasks'>> = {},
  options: Parameters<typeof lanes>[1] = {},
): string[] {
  const { kind = 'null-deref', at = null, tasks = ['one', 'two'] } = bug;
  const whole = { kind, at, tasks, steps, object: '' };
  return lanes(whole, options);
}

// A pointer is set by the one, cleared by the other, and followed by the one.
const race = trace(
  [0, ['call', 'outer'], ['call', 'get'], ['write', 'dev->iommu', 'A'], ['return', 'get']],
  [
    1,
    ['call', 'drop'],
    ['read', 'dev->name', 'x'],
    ['read', 'dev->iommu', 'A'],
    ['write', 'dev->iommu', 'NULL'],
  ],
  [0, ['call', 'use'], ['read', 'dev->iommu->fwspec']],
);

test('a crash is told by what was done to the pointer, in a column for each task, and marked', () => {
  expect(shown(race, { at: race.length - 1 })).toEqual([
    '      one                                                        two',
    '   1  outer',
    '   2   get   dev->iommu = A',
    '   3                                                             drop  dev->iommu is A',
    '   4                                                                   dev->iommu = NULL',
    '   5   use   dev->iommu->fwspec   *** NULL pointer dereference',
  ]);
});

test('--full shows every step and no calls', () => {
  const lines = shown(race, { at: race.length - 1 }, { full: true });
  expect(lines.join('\n')).toContain('dev->name is x');
  expect(lines.filter((line) => line.includes('return')).length).toBe(1);
});

test('a function that has returned is not shown around the ones called after it', () => {
  const steps = trace([
    0,
    ['call', 'outer'],
    ['call', 'first'],
    ['write', 'x', '1'],
    ['return', 'first'],
    ['call', 'second'],
    ['write', 'x', '2'],
    ['return', 'second'],
  ]);
  expect(shown(steps, {}, { full: true }).slice(1)).toEqual([
    '   1  outer',
    '   2   first   x = 1',
    '   3           return',
    '   4   second  x = 2',
    '   5           return',
  ]);
});

describe('a witness that does not fail at one step', () => {
  test('shows what one task sees of another', () => {
    const steps = trace(
      [0, ['call', 'a'], ['write', 'x', '1'], ['write', 'y', '1']],
      [1, ['call', 'b'], ['read', 'x', '1'], ['read', 'z', '0']],
    );
    const text = shown(steps, { kind: 'property' }).join('\n');
    expect(text).toContain('x = 1');
    expect(text).toContain('x is 1');
    expect(text).not.toMatch(/[yz] /);
  });

  test('shows an error where it comes up, and not in the callers that pass it on', () => {
    const steps = trace([
      0,
      ['call', 'top'],
      ['call', 'middle'],
      ['call', 'probe'],
      ['return', 'probe', '-ENODEV'],
      ['call', 'clean_up'],
      ['return', 'clean_up'],
      ['return', 'middle', '-19'],
      ['return', 'top', '-19'],
    ]);
    const lines = shown(steps, { kind: 'property' }).slice(1);
    expect(lines).toEqual(['   1  probe  returns -ENODEV']);
  });

  test('shows an error again that a later call makes anew', () => {
    const probe: Line[] = [
      ['call', 'probe'],
      ['return', 'probe', '-19'],
    ];
    const steps = trace([0, ['call', 'top'], ...probe, ...probe, ['return', 'top', '0']]);
    expect(
      shown(steps, { kind: 'property' })
        .join('\n')
        .match(/returns -19/g)?.length,
    ).toBe(2);
  });
});

test('a long gap is marked', () => {
  const gap: Line[] = Array.from({ length: 6 }, (_, i) => ['read', `n${i}`, '0']);
  const steps = trace(
    [0, ['call', 'a'], ['write', 'p', 'A'], ...gap, ['write', 'p', 'B']],
    [1, ['call', 'b'], ['read', 'p', 'B']],
  );
  const at = steps.length - 1;
  expect(shown(steps, { at }).filter((line) => line.endsWith('...')).length).toBe(1);
});

test('names from outside cannot reach a terminal', () => {
  const steps = trace([0, ['call', 'a'], ['write', '\x1b[2Jevil', '\x1b]0;x\x07']]);
  const text = shown(steps, { at: 1, tasks: ['\x1b[31mtask'] }).join('\n');
  expect(text).not.toContain('\x1b');
  expect(text).toContain('\\x1b[2Jevil');
});

test('the caller says what values are called', () => {
  const steps = trace([0, ['call', 'a'], ['return', 'a', '-22']]);
  const value = (): string => 'minus twenty-two';
  expect(shown(steps, { kind: 'property' }, { value }).at(-1)).toContain('minus twenty-two');
});
