// When a check exits with what.
import { describe, expect, test } from 'vitest';
import { type FailOn, readOptions } from '../../src/cli/arguments/checked.ts';
import { checkExitCode } from '../../src/cli/check/exit-code.ts';
import type { Severity } from '../../src/machine/index.ts';
import { smallBug } from '../report/lanes/small-bug.ts';
import { explorationOf } from '../report/small-check.ts';

const devices = ['dev'];
const clean = { exploration: explorationOf([]), devices, drivers: [] };
const bug = { exploration: explorationOf([smallBug]), devices, drivers: [] };
const cut = { exploration: explorationOf([], { complete: false }), devices, drivers: [] };
const left = [{ scenario: 'cover-letter', devices }];

describe('the exit code of a check', () => {
  test.each<
    [
      what: string,
      worst: Severity | null,
      verdict: Parameters<typeof checkExitCode>[1],
      codes: Readonly<Record<FailOn, number>>,
    ]
  >([
    [
      'nothing wrong',
      null,
      { searches: [clean], left: [] },
      { firmware: 0, kernel: 0, any: 0, never: 0, warning: 0 },
    ],
    [
      'nothing to explore',
      null,
      { searches: [], left: [] },
      { firmware: 0, kernel: 0, any: 0, never: 0, warning: 0 },
    ],
    [
      'firmware with an error',
      'error',
      { searches: [clean], left: [] },
      { firmware: 1, kernel: 0, any: 1, never: 0, warning: 1 },
    ],
    [
      'firmware with a warning',
      'warning',
      { searches: [clean], left: [] },
      { firmware: 0, kernel: 0, any: 0, never: 0, warning: 1 },
    ],
    [
      'firmware with a note',
      'note',
      { searches: [clean], left: [] },
      { firmware: 0, kernel: 0, any: 0, never: 0, warning: 0 },
    ],
    [
      'a kernel with a bug',
      null,
      { searches: [clean, bug], left: [] },
      { firmware: 0, kernel: 1, any: 1, never: 0, warning: 0 },
    ],
    [
      'a search that was cut short',
      null,
      { searches: [clean, cut], left: [] },
      { firmware: 3, kernel: 3, any: 3, never: 3, warning: 3 },
    ],
    [
      'a search that was not begun, and a bug in another',
      null,
      { searches: [bug], left },
      { firmware: 3, kernel: 1, any: 1, never: 3, warning: 3 },
    ],
    [
      'an error, and a search that was not begun',
      'error',
      { searches: [], left },
      { firmware: 1, kernel: 3, any: 1, never: 3, warning: 1 },
    ],
  ])('%s', (_what, worst, verdict, codes) => {
    const found = (Object.keys(codes) as FailOn[]).map((failOn) => [
      failOn,
      checkExitCode(worst === null ? [] : [{ severity: worst }], verdict, failOn),
    ]);
    expect(Object.fromEntries(found)).toEqual(codes);
  });

  test('engines that disagree are no verdict at all', () => {
    const crossCheck = { states: 3, differences: ['one more bug'] };
    const search = { ...clean, exploration: { ...clean.exploration, crossCheck } };
    expect(checkExitCode([], { searches: [search], left: [] }, 'never')).toBe(2);
  });
});

test('--fail-on takes five words, and is about firmware where it is not given', () => {
  const failOn = (...args: string[]) => readOptions(['check', 'x.dtb', ...args]).failOn;
  expect(failOn()).toBe('firmware');
  expect(failOn('--fail-on', 'never')).toBe('never');
  expect(() => failOn('--fail-on', 'maybe')).toThrow(
    /^--fail-on takes firmware, kernel, any, never, warning/,
  );
});
