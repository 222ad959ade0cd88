// docs/reference/series.md, and what it claims of each patch: the executions that its tokens stand for.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bugOf, explore, replay } from '../../../src/explore/index.ts';
import {
  decodeToken,
  patchesOfSeries,
  programOf,
  scenarioOf,
  seriesPage,
  unexcused,
} from '../../../src/scenarios/index.ts';
import { bisected, designOf, masked } from '../../../src/series/index.ts';
import { findings } from './findings.ts';

const patches = patchesOfSeries();
const mistakes = patches.flatMap(({ number, mistakes: of }) =>
  of.map((mistake) => ({ ...mistake, number })),
);
const shown = mistakes.flatMap((mistake) =>
  mistake.shown.map((one) => ({ ...one, number: mistake.number })),
);
const repaired = mistakes.flatMap(({ number, masked: by, shown: [first] }) =>
  first === undefined ? [] : by.map((kernel) => ({ number, kernel, ...first })),
);

test('the page is what the rows say', () => {
  const page = readFileSync(new URL('../../../docs/reference/series.md', import.meta.url), 'utf8');
  expect(page).toBe(seriesPage());
});

test('each patch of the series has its row, in order', () => {
  expect(patches.map(({ subject }) => subject)).toEqual(
    bisected.flatMap(({ subject }) => (subject === null ? [] : [subject])),
  );
});

test('what a row refers to is there', () => {
  const names = findings.map(({ name }) => name);
  for (const { finding } of mistakes) if (finding !== null) expect(names).toContain(finding);
});

test.each(shown)('patch $number: the token shows $bug', ({ token, bug }) => {
  const { kernel, scenario, config, shape, schedule } = decodeToken(token);
  const program = programOf(unexcused(scenarioOf(scenario)), designOf(kernel), config, shape);
  expect(bugOf(replay(program, schedule), bug)?.id).toBe(bug);
});

test.each(shown)('patch $number: $bug is there from the patch on', ({ token, number }) => {
  const [, posted = '17'] = /^fwspec-v2\/(\d+)$/.exec(decodeToken(token).kernel) ?? [];
  expect(Number(posted)).toBeGreaterThanOrEqual(number);
});

test.each(repaired)('patch $number: $kernel is without $bug', ({ token, bug, kernel }) => {
  const { kernel: posted, scenario, config, shape } = decodeToken(token);
  const bugsOn = (name: string): string[] => {
    const program = programOf(scenarioOf(scenario), designOf(name), config, shape);
    const { bugs } = explore(program, { ignore: ['data-race'], maxExecutions: 400 });
    return bugs.map(({ id }) => id);
  };
  // The same search finds it without the repair.
  expect(bugsOn(posted)).toContain(bug);
  expect(bugsOn(kernel)).not.toContain(bug);
});

test('every repair that has a name is for a mistake in a row', () => {
  const named = mistakes.flatMap(({ masked: by }) => by);
  expect(masked.filter((kernel) => !named.includes(kernel))).toEqual([]);
});
