import { expect, it } from 'vitest';
import { explore, Sampler, sample } from '../../../src/explore/index.ts';
import { inc, iommuRace, mutexDeadlock, readers } from '../mini/families.ts';

const ignore = ['data-race'] as const;

it.each(['uniform', 'pct'] as const)('%s: the same seed gives the same executions', (mode) => {
  const run = (seed: number): unknown => sample(iommuRace(2), { seed, executions: 200, mode });
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

it.each(['uniform', 'pct'] as const)('%s: a few at a time are the same executions', (mode) => {
  const options = { seed: 7, executions: 200, mode };
  const sampler = new Sampler(iommuRace(2), options);
  let pieces = 1;
  while (!sampler.run(30)) pieces++;
  expect(pieces).toBe(7);
  expect(sampler.outcome()).toEqual(sample(iommuRace(2), options));
});

it.each(['uniform', 'pct'] as const)('%s: finds what the exhaustive search finds', (mode) => {
  const options = { seed: 1, executions: 300, mode };
  const exhaustive = explore(iommuRace(1)).bugs.map(({ id }) => id);
  expect(
    sample(iommuRace(1), options)
      .bugs.map(({ id }) => id)
      .sort(),
  ).toEqual(exhaustive.sort());
  expect(sample(mutexDeadlock(3), options).bugs[0]).toMatchObject({ kind: 'deadlock' });
});

it('never says that a program is clean', () => {
  const outcome = sample(readers(3), { seed: 1, executions: 1_000, ignore });
  expect(outcome).toMatchObject({ verdict: 'incomplete', complete: false, executions: 1_000 });
});

it('does not claim that its witnesses are the cheapest', () => {
  const outcome = sample(inc(3), { seed: 1, executions: 50 });
  expect(outcome.bugs.every(({ minimal }) => !minimal)).toBe(true);
});
