// docs/reference/shapes.md: all shapes are on it, and a sample of its cells explored again.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { builtinShape, scenarioOf } from '../../../src/scenarios/index.ts';
// @ts-expect-error a tool has no types
import { kernels, most, shapes } from '../../../tools/shapes-list.mjs';
import { explored } from '../races/explored.ts';

const page = readFileSync(new URL('../../../docs/reference/shapes.md', import.meta.url), 'utf8');

interface Cell {
  readonly asked: string;
  readonly scenario: string;
  readonly kernel: string;
  readonly text: string;
}

const sections = page.split(/^## /m).slice(1);
const cells: Cell[] = sections.flatMap((section) => {
  const asked = /^`(.*)`:/m.exec(section)?.[1] ?? '';
  const [head = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(/ +\| +/));
  return rows.flatMap(([scenario = '', ...texts]) =>
    texts.map((text, i) => ({
      asked,
      scenario,
      kernel: (head[i + 1] ?? '').trim(),
      text: text.trim(),
    })),
  );
});
const searched = cells.filter(({ text }) => text !== '-');

test('every shape is on the page, on every kernel', () => {
  expect(
    sections.map((section) => [section.split('\n')[0], /^`(.*)`:/m.exec(section)?.[1]]),
  ).toEqual(shapes);
  for (const [, asked] of shapes)
    expect(
      new Set(cells.filter((cell) => cell.asked === asked).map(({ kernel }) => kernel)),
    ).toEqual(new Set(kernels));
});

test('a search that was cut short is incomplete, with its number', () => {
  for (const { text } of searched) {
    const executions = Number(/\((\d+)\)$/.exec(text)?.[1]);
    expect(executions).toBeGreaterThan(0);
    expect(executions).toBeLessThanOrEqual(most);
    if (text.startsWith('incomplete')) expect(executions).toBe(most);
  }
});

const small = searched.filter(({ text }) => Number(/\((\d+)\)$/.exec(text)?.[1]) <= 60);
const sample = small.filter((_cell, i) => i % Math.ceil(small.length / 16) === 0);

test.each(sample)('$asked in $scenario on $kernel is $text again', { timeout: 60_000 }, (cell) => {
  const { asked, scenario: name, kernel, text } = cell;
  const { driver, firmware, shape } = readOptions(['explore', name, ...asked.split(' ')]);
  const scenario = scenarioOf(name);
  const of = { scenario, kernel, shape: builtinShape(scenario, driver, firmware, shape) };
  const { causes, executions } = explored(of, { maxExecutions: most });
  expect(`${causes.length === 0 ? 'clean' : causes.length} (${executions})`).toBe(text);
});
