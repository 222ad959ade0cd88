// What src/scenarios/known/ says of single drivers, against the model. What it says of the usual ones is held against the
// table of verdicts (findings-page.test.ts), and that against the model (verdicts-page.slow.test.ts).
import { expect, test } from 'vitest';
import { explored, subject } from './explored.ts';
import { claims, usualDriver } from './findings.ts';

const ofDrivers = claims().filter(
  ({ scenario, driver, firmware, bus, bridge, shape }) =>
    firmware !== null ||
    bus !== null ||
    bridge !== null ||
    shape !== null ||
    driver !== usualDriver(scenario),
);

test.each(ofDrivers)('$kernel $scenario $driver $firmware $bus $bridge $shape', (claim) => {
  const { kernel, scenario, driver, firmware, bus, bridge, shape, bugs } = claim;
  const found = explored(subject(scenario, kernel, driver, firmware, bus, bridge, shape)).bugs.map(
    ({ id }) => id,
  );
  expect(found).toEqual(expect.arrayContaining([...bugs]));
});
