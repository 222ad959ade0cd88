import { type LinuxScenario, linuxScenarios } from '../../linux-c/index.ts';
import { hintFor, UsageError } from '../../util/index.ts';
import { filesBehind } from '../search/linux.ts';
import type { CScenario } from './run.ts';

/**
 * A scenario behind an IOMMU driver of the kernel, or behind one by hand.
 *
 * @throws UsageError where there is none of the name, or it does not run behind the driver
 */
export function scenarioNamed(name: string, driver: string | null): CScenario {
  const scenario = linuxScenarios.get(name);
  if (scenario !== undefined) return behind(scenario, driver);
  throw new UsageError(
    'cli/unknown-scenario',
    `no scenario "${name}" runs C of Linux`,
    hintFor(name, [...linuxScenarios.keys()], 'those that do'),
  );
}

/**
 * Those that run behind a driver.
 *
 * @throws UsageError where none does
 */
export function scenariosBehind(driver: string | null): CScenario[] {
  const all = [...linuxScenarios.values()];
  const fit = all.filter(({ drivers }) => driver === null || drivers?.has(driver) === true);
  return (fit.length === 0 ? all : fit).map((scenario) => behind(scenario, driver));
}

/** The drivers that files belong to. */
export function driversOf(files: readonly string[]): string[] {
  const drivers = [...linuxScenarios.values()].flatMap((scenario) => [...(scenario.drivers ?? [])]);
  const own = drivers.filter(([, needed]) => needed.some((file) => files.includes(file)));
  return [...new Set(own.map(([name]) => name))];
}

function behind(scenario: LinuxScenario, driver: string | null): CScenario {
  const { name, title } = scenario;
  const files = filesBehind(scenario, driver);
  return { name, title, files, program: (modules) => scenario.program(modules, { driver }) };
}
