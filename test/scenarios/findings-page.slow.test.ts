// docs/findings.md against the model: every claim, and that no bug of the table goes without one.
import { expect, test } from 'vitest';
import { scenarios, unfit } from '../../src/scenarios/index.ts';
import { explored, subject } from './explored.ts';
import { claims } from './findings.ts';

const all = claims();

test.each(all)('$kernel $scenario $driver', ({ kernel, scenario, driver, bugs }) => {
  const found = explored(subject(scenario, kernel, driver)).bugs.map(({ id }) => id);
  expect(found).toEqual(expect.arrayContaining([...bugs]));
});

const kernels = ['v6.12', 'v7.3'];

test.each(kernels.flatMap((kernel) => scenarios.map((scenario) => ({ kernel, scenario }))))(
  'every bug of $scenario.name on $kernel is explained',
  ({ kernel, scenario }) => {
    const driver = scenario.firmware === 'viot' ? 'virtio-iommu' : 'arm-smmu-v3';
    const race = subject(scenario.name, kernel, driver);
    if (unfit(scenario, race.shape) !== null) return;
    const claim = all.find(
      (of) => of.kernel === kernel && of.scenario === scenario.name && of.driver === driver,
    );
    const found = explored(race).bugs.map(({ id }) => id);
    expect(claim?.bugs ?? []).toEqual(expect.arrayContaining(found));
  },
);
