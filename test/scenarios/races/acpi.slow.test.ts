// Every scenario by every ACPI table on every kernel: a bound on each search, and no error of the model.
import { describe, expect, test } from 'vitest';
import { builtinShape, scenarios, unfit } from '../../../src/scenarios/index.ts';
import { mainKernels } from '../../../src/series/index.ts';
import { explored, subject } from './explored.ts';

describe.each(['iort', 'viot', 'iort+viot'] as const)('%s', (firmware) => {
  const taken = scenarios.filter(
    (scenario) => unfit(scenario, builtinShape(scenario, null, firmware)) === null,
  );
  const cells = taken.flatMap(({ name }) => mainKernels.map((kernel) => [name, kernel] as const));

  test.each(cells)('%s on %s', { timeout: 60_000 }, (name, kernel) => {
    const of = subject(name, kernel, null, firmware);
    const { executions, bugs } = explored(of, { maxExecutions: 200, causes: false });
    expect(executions).toBeGreaterThan(0);
    // Two walks that lock every device wait for each other: docs/findings.md.
    const waits =
      kernel === 'device-lock' && name === 'two-registrations' && firmware !== 'iort+viot';
    expect(bugs.some(({ kind }) => kind === 'deadlock')).toBe(waits);
  });
});
