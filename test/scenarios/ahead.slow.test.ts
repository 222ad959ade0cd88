// Searches that are long enough for all executions with few preemptions to be looked at on the way, with a
// helper that may come to that point before the search does.
import { expect, it } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { withHelper } from '../explore/search/helped.ts';

it.each([
  ['cover-letter', 'v6.7-rc1'],
  ['two-iommus', 'v6.7-rc1'],
])('%s on %s ends as it does without one, however far it is ahead', (name, kernel) => {
  const scenario = scenarioOf(name);
  const program = programOf(
    scenario,
    designOf(kernel),
    defaultKconfig,
    builtinShape(scenario, null),
  );
  const alone = explore(program).bugs;
  let taken = 0;
  for (const rhythm of [
    { before: 4, ahead: 400, ripe: 4 },
    { before: 60, ahead: 1000, ripe: 16 },
    { before: 53, ahead: 93, ripe: 11 },
    { before: 33, ahead: 57, ripe: 1 },
    { before: 5, ahead: 17, ripe: 10 },
    { before: 1, ahead: 9, ripe: 11 },
  ]) {
    const helped = withHelper(program, rhythm, {});
    expect(helped.outcome.bugs).toEqual(alone);
    taken += helped.taken;
  }
  expect(taken).toBeGreaterThan(5);
});
