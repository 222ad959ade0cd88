// What src/scenarios/known/ says of single drivers, against the model. What it says of the usual ones is held against the
// table of verdicts (findings-page.test.ts), and that against the model (verdicts-page.slow.test.ts).
import { expect, test } from 'vitest';
import { explored, subject } from '../races/explored.ts';
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
  const of = subject(scenario, kernel, driver, firmware, bus, bridge, shape);
  let missing: readonly string[] = bugs;
  // Most show early; a search of all orders takes minutes where there are several IDs.
  for (const maxExecutions of [300, 3_000, 30_000]) {
    if (missing.length === 0) break;
    const found = new Set(explored(of, { maxExecutions }).bugs.map(({ id }) => id));
    missing = bugs.filter((bug) => !found.has(bug));
  }
  expect(missing).toEqual([]);
});
