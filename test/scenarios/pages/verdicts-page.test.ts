// docs/reference/verdicts.md against the model: the whole of its structure, and a sample of its cells.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bugKinds } from '../../../src/explore/index.ts';
import { type Comparison, compareMarkdown } from '../../../src/report/index.ts';
import { scenarios } from '../../../src/scenarios/index.ts';
import { mainKernels } from '../../../src/series/index.ts';
import { explored, subject } from '../races/explored.ts';

const page = readFileSync(new URL('../../../docs/reference/verdicts.md', import.meta.url), 'utf8');

/** The tables of the page, each by rows of cells, without their rules. */
const tables = page
  .split(/\n\n+/)
  .filter((part) => part.startsWith('|'))
  .map((part) =>
    part
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('| ---'))
      .map((line) =>
        line
          .slice(2, -2)
          .split(' | ')
          .map((cell) => cell.trim()),
      ),
  );
const [verdicts = [], executions = [], ...bugTables] = tables;

test.each([
  ['verdicts', verdicts],
  ['executions', executions],
])('every kernel and every scenario is in the table of %s', (_name, [head = [], ...body]) => {
  expect(head.slice(1)).toEqual(mainKernels);
  expect(body.map(([name]) => name)).toEqual(scenarios.map(({ name }) => name));
});

/** The bugs that the page gives a cell. */
function bugsOn(scenario: string, kernel: string): string[] {
  return bugTables.flatMap(([, ...entries]) =>
    entries
      .filter(([, , where = '']) =>
        where.split('; ').some((place) => {
          const [, name, list = ''] = /^\*\*(.*)\*\* (.*)$/.exec(place) ?? [];
          return name === kernel && list.split(', ').includes(scenario);
        }),
      )
      .map(([, id = '']) => id.replaceAll('`', '')),
  );
}

interface Cell {
  readonly scenario: string;
  readonly kernel: string;
  readonly count: number;
}
const cells: Cell[] = executions.slice(1).flatMap(([scenario = '', ...counts]) =>
  counts.map((count, i) => ({
    scenario,
    kernel: executions[0]?.[i + 1] ?? '',
    count: Number(count),
  })),
);

describe('a cell explored again comes to what the page says', () => {
  const small = cells.filter(({ count }) => count <= 300); // a dash is no number
  const sample = small.filter((_cell, i) => i % Math.ceil(small.length / 12) === 0);
  expect(sample.length).toBeGreaterThan(5);
  test.each(sample)('$scenario on $kernel', { timeout: 60_000 }, ({ scenario, kernel, count }) => {
    const outcome = explored(subject(scenario, kernel), { ignore: [] });
    expect(outcome.executions).toBe(count);
    expect(outcome.bugs.map(({ id }) => id).sort()).toEqual(bugsOn(scenario, kernel).sort());
  });
});

test('the page is what the stored rows are shown as', () => {
  const file = new URL('../../../docs/reference/verdicts.json', import.meta.url);
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as Pick<Comparison, 'rows'>;
  const names = scenarios.map(({ name }) => name);
  const shown = compareMarkdown({ kernels: mainKernels, scenarios: names, rows }, bugKinds);
  expect(page.endsWith(`\n\n${shown.join('\n')}\n`)).toBe(true);
  expect(rows.every(({ complete }) => complete)).toBe(true);
});

test('no search on the page was cut short', () => {
  expect(page).toContain(
    `${cells.filter(({ count }) => count > 0).length} cells, every search complete`,
  );
});
