import { readFileSync } from 'node:fs';
import type { DriverName } from '../../../src/linux/index.ts';
import type { Shape, ShapeBus } from '../../../src/machine/index.ts';
import {
  type Finding,
  type Found,
  type Oddity,
  type ShapeFirmware,
  scenarioOf,
  sections,
} from '../../../src/scenarios/index.ts';

export const page: string = readFileSync(
  new URL('../../../docs/findings.md', import.meta.url),
  'utf8',
);

export const findings: readonly Finding[] = sections.flatMap((section) => section.findings);

/** The driver that a scenario is explored behind when nobody says. */
export function usualDriver(scenario: string, firmware: ShapeFirmware | null = null): DriverName {
  const described = firmware ?? scenarioOf(scenario).firmware;
  return described === 'viot' ? 'virtio-iommu' : 'arm-smmu-v3';
}

/** A scenario on a kernel behind a driver, and the bugs there that the findings explain. */
export interface Claim {
  readonly kernel: string;
  readonly scenario: string;
  readonly driver: DriverName;
  /** Null for what describes the device when nobody says. */
  readonly firmware: ShapeFirmware | null;
  /** Null for the bus that the device is on when nobody says. */
  readonly bus: ShapeBus | null;
  /** Null for none. */
  readonly bridge: Shape['bridge'] | null;
  /** Null for none that is odd. */
  readonly shape: Oddity | null;
  readonly bugs: readonly string[];
}

/** Every cell that a row of a finding is about. */
export function cellsOf(row: Found): Omit<Claim, 'bugs'>[] {
  const { on, in: scenarios, with: driver } = row;
  const firmware = row.firmware ?? null;
  return on.flatMap((kernel) =>
    scenarios.map((scenario) => ({
      kernel,
      scenario,
      driver: (driver ?? usualDriver(scenario, firmware)) as DriverName,
      firmware,
      bus: row.bus ?? null,
      bridge: row.bridge ?? null,
      shape: row.shape ?? null,
    })),
  );
}

/** One claim for each cell, whichever findings its bugs come under. */
export function claims(): Claim[] {
  const cells = new Map<string, Claim>();
  for (const row of findings.flatMap(({ found }) => found)) {
    for (const cell of cellsOf(row)) {
      const { kernel, scenario, driver, firmware, bus, bridge, shape } = cell;
      const key = `${kernel} ${scenario} ${driver} ${firmware} ${bus} ${bridge} ${shape}`;
      const bugs = new Set([...(cells.get(key)?.bugs ?? []), ...row.bugs]);
      cells.set(key, { ...cell, bugs: [...bugs].sort() });
    }
  }
  return [...cells.values()];
}

const verdicts = readFileSync(
  new URL('../../../docs/reference/verdicts.md', import.meta.url),
  'utf8',
);

/** The bugs of docs/reference/verdicts.md: by kernel and scenario, without the data races. */
export function verdictsPage(): ReadonlyMap<string, readonly string[]> {
  const cells = new Map<string, string[]>();
  for (const [, id = '', where = ''] of verdicts.matchAll(/^\| \d+ \| `([^`]+)` \| (.*) \|$/gm)) {
    if (id.startsWith('data-race:')) continue;
    for (const part of where.split('; ')) {
      const [, kernel = '', scenarios = ''] = /^\*\*(\S+)\*\* (.*)$/.exec(part) ?? [];
      for (const scenario of scenarios.split(', ')) {
        const key = `${kernel} ${scenario}`;
        cells.set(key, [...(cells.get(key) ?? []), id]);
      }
    }
  }
  return cells;
}
