import { describe, expect, test } from 'vitest';
import { bugKinds } from '../../src/explore/index.ts';
import {
  type CompareRow,
  type Comparison,
  compareJson,
  compareMarkdown,
  compareText,
} from '../../src/report/index.ts';

const row = (scenario: string, kernel: string, bugs: string[], more = {}): CompareRow => ({
  kernel,
  scenario,
  verdict: bugs.length > 0 ? 'bug' : 'clean',
  bugs,
  executions: 10,
  complete: true,
  ...more,
});
const cut = { verdict: 'incomplete', complete: false } as const;
const leak = 'leak:iommu_fwspec_init:iommu_fwspec';
const crash = 'null-deref:iommu_fwspec_init:dev->iommu';
const race = 'data-race:dev_iommu_get:dev->iommu';

const small: Comparison = {
  kernels: ['old', 'new'],
  scenarios: ['bind', 'unbind'],
  rows: [
    row('bind', 'old', [crash, leak, race]),
    row('bind', 'new', [race]),
    row('unbind', 'old', [leak], { complete: false }),
    row('unbind', 'new', []),
  ],
};
const free = { id: 'free:x', title: 'CPU1 frees x while CPU0 uses it', preemptions: 1 };
const withCauses: Comparison = {
  ...small,
  rows: [
    row('bind', 'old', [crash, leak], { causes: [{ ...free, sites: [crash, leak] }] }),
    row('bind', 'new', [crash], { causes: [{ ...free, sites: [crash] }] }),
    row('unbind', 'old', [], { causes: [] }),
  ],
};

const text = (comparison: Comparison, options = {}): string[] =>
  compareText(comparison, { kinds: bugKinds, ...options });

test('a cause is listed once, with the cells it is in; without causes there is no list', () => {
  const lines = text(withCauses);
  const at = lines.indexOf('1 cause:');
  expect(lines.slice(at + 1, at + 3)).toEqual([`  ${free.title}`, '        old a   new a']);
  expect(text(small).join()).not.toContain('cause');
});

describe('the table', () => {
  test('has a cell for each kernel and scenario, and says how many bugs and data races', () => {
    expect(text(small).slice(0, 3)).toEqual([
      '   scenario  old   new',
      'a  bind      2 +1  +1',
      'b  unbind    1 ?   clean',
    ]);
  });

  test.each<[string, Partial<CompareRow>, string]>([
    ['no bug in any execution', {}, 'clean'],
    ['cut short', cut, 'incomplete'],
    ['a bug, then cut short', { verdict: 'bug', bugs: [leak], complete: false }, '1 ?'],
    ['data races alone', { verdict: 'bug', bugs: [race] }, '+1'],
    ['not begun', { ...cut, executions: 0 }, 'not run'],
    ['not possible', { ...cut, executions: 0, error: 'the set-up crashes' }, 'error'],
  ])('a search that ends with %s', (_what, more, shown) => {
    const rows = [row('bind', 'old', [], more)];
    const lines = text({ kernels: ['old'], scenarios: ['bind'], rows });
    expect(lines[1]).toBe(`a  bind      ${shown}`);
    const markdown = compareMarkdown({ kernels: ['old'], scenarios: ['bind'], rows }, bugKinds);
    expect(markdown).toContain(`| bind | ${shown} |`);
  });

  test('has a dash where a scenario makes no sense', () => {
    const rows = small.rows.slice(0, 3);
    expect(text({ ...small, rows })[2]).toBe('b  unbind    1 ?   -');
  });

  test('has a line for each driver, where drivers are compared', () => {
    const rows = ['smmu', 'dart'].map((driver) => row('bind', 'old', [], { driver }));
    const lines = text({ kernels: ['old'], scenarios: ['bind'], rows });
    expect(lines.slice(1, 3)).toEqual(['a  bind smmu  clean', 'a  bind dart  clean']);
  });

  test('is never wider than 100 columns, and leaves no kernel out', () => {
    const kernels = Array.from({ length: 20 }, (_, i) => `some-kernel-${i}`);
    const rows = kernels.map((kernel) => row('bind', kernel, [crash]));
    const lines = text({ kernels, scenarios: ['bind'], rows });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    for (const kernel of kernels)
      expect(lines.filter((line) => line.split(/ +/).includes(kernel))).toHaveLength(2);
  });
});

describe('the legend', () => {
  test('numbers each bug once, the worst kind first, and says where it is', () => {
    const legend = text(small).filter(
      (line) => /^ {2,8}\S/.test(line) && !line.includes('scenario'),
    );
    expect(legend).toEqual([`   1  ${crash}`, '        old a', `   2  ${leak}`, '        old ab']);
  });

  test('leaves data races out unless they are asked for, and says so', () => {
    expect(text(small).join('\n')).toContain('1 data race (--all lists them)');
    expect(text(small, { all: true }).join('\n')).toContain(`   3  ${race}\n        old a   new a`);
  });

  test('has the same numbers in whatever order the rows come', () => {
    const turned = { ...small, rows: small.rows.toReversed() };
    const ids = (lines: string[]): string[] => lines.filter((line) => /^ +\d+ {2}/.test(line));
    expect(ids(text(turned))).toEqual(ids(text(small)));
  });

  test.each([1, 27])('keeps scenario %i apart from the others', (n) => {
    const scenarios = Array.from({ length: 30 }, (_, i) => `s${i}`);
    const rows = scenarios.map((name, i) => row(name, 'old', i === n ? [crash] : []));
    const lines = text({ kernels: ['old'], scenarios, rows });
    const [name = ''] = lines.find((line) => line.includes(` s${n} `))?.split(/ +/) ?? [];
    expect(lines).toContain(`        old ${name}`);
    expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
  });
});

describe('the last line', () => {
  const last = (rows: CompareRow[]): string | undefined => text({ ...small, rows }).at(-1);
  test.each<[CompareRow[], string]>([
    [[row('bind', 'old', [leak])], '1 cell: 1 distinct bug, every search complete'],
    [[row('bind', 'old', [], cut)], '1 cell: 0 distinct bugs, 1 cut short'],
    [
      [row('bind', 'old', [], cut), row('bind', 'new', [], { ...cut, executions: 0 })],
      '2 cells: 0 distinct bugs, 1 cut short, 1 not run',
    ],
    [
      [row('bind', 'old', [], { ...cut, executions: 0, error: 'the set-up crashes' })],
      '1 cell: 0 distinct bugs, 1 in error',
    ],
  ])('says what is missing', (rows, says) => {
    expect(last(rows)).toBe(says);
  });
});

test('a search that is not possible says why', () => {
  const rows = [row('bind', 'old', [], { ...cut, executions: 0, error: 'the set-up crashes' })];
  expect(text({ ...small, rows })).toContain('error in bind on old: the set-up crashes');
});

test('the document has the rows as they are', () => {
  expect(compareJson(small)).toEqual({ version: 1, command: 'compare', rows: small.rows });
});

test('the Markdown has every cell, the executions, and every bug with its scenarios', () => {
  expect(compareMarkdown(small, bugKinds)).toEqual([
    '4 cells, 1 cut short. 3 +2: three bugs and two data races; ?: cut short, there may be more; -: makes no sense.',
    '',
    '| scenario | old | new |',
    '| --- | --- | --- |',
    '| bind | 2 +1 | +1 |',
    '| unbind | 1 ? | clean |',
    '',
    'How many executions each search took:',
    '',
    '| scenario | old | new |',
    '| --- | --- | --- |',
    '| bind | 10 | 10 |',
    '| unbind | 10 | 10 |',
    '',
    '## Bugs',
    '',
    '|  | bugs | where |',
    '| --- | --- | --- |',
    `| 1 | \`${crash}\` | **old** bind |`,
    `| 2 | \`${leak}\` | **old** bind, unbind |`,
    '',
    '## Data races',
    '',
    '|  | data races | where |',
    '| --- | --- | --- |',
    `| 3 | \`${race}\` | **old** bind; **new** bind |`,
  ]);
});
