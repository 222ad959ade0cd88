import { readFileSync } from 'node:fs';
import type { DriverName } from '../../src/linux/index.ts';
import { scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';

/** What docs/findings.md says of a cell: these bugs are explained there. */
export interface Claim {
  readonly kernel: string;
  readonly scenario: string;
  readonly driver: DriverName;
  readonly bugs: readonly string[];
}

export const page: string = readFileSync(
  new URL('../../docs/findings.md', import.meta.url),
  'utf8',
);

/** One claim for each cell, whichever findings its bugs come under. A kernel's findings come under its name, or name it. */
export function claims(): Claim[] {
  const cells = new Map<string, Claim>();
  let section = '';
  for (const line of page.split('\n')) {
    section = /^## (.*)$/.exec(line)?.[1] ?? section;
    const [, scenario, variant, named, list] =
      /^- `([a-z-]+)`(?: on `(.*?)`)?(?: with `([\w-]+)`)?: (.*)$/.exec(line) ?? [];
    if (scenario === undefined || list === undefined) continue;
    const kernel = variant ?? section;
    designOf(kernel);
    const usual = scenarioOf(scenario).firmware === 'viot' ? 'virtio-iommu' : 'arm-smmu-v3';
    const driver = named ?? usual;
    const cell = `${kernel} ${scenario} ${driver}`;
    const bugs = [...list.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id);
    const known = cells.get(cell)?.bugs ?? [];
    cells.set(cell, {
      kernel,
      scenario,
      driver: driver as DriverName,
      bugs: [...known, ...bugs].sort(),
    });
  }
  return [...cells.values()];
}
