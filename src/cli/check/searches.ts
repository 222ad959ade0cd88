// The searches of a check: every scenario of a boot that fits a shape, for every shape.

import { availableParallelism } from 'node:os';
import type { Kconfig } from '../../linux/index.ts';
import type { ShapeGroup } from '../../machine/index.ts';
import type { CheckedSearch, Judge, SearchLeft } from '../../report/index.ts';
import { driversOf, judgedBy, scenarios, unfit } from '../../scenarios/index.ts';
import { present } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import type { SearchRequest } from '../search/request.ts';
import { requestOf } from '../search/request.ts';

/** One search of a check, and what it is about. */
export interface Search extends SearchLeft {
  readonly request: SearchRequest;
  readonly drivers: readonly string[];
}

export function searchesOf(
  groups: readonly ShapeGroup[],
  kernel: string,
  options: Options,
  config: Kconfig,
): Search[] {
  const asked = { ...options, config, maxSeconds: null };
  return groups.flatMap((group) => {
    const { shape } = group;
    if (shape === null) return [];
    const devices = group.devices.map(({ name }) => name);
    const drivers = driversOf(shape);
    return scenarios
      .filter((scenario) => scenario.atBoot === true && unfit(scenario, shape) === null)
      .map((scenario) => ({
        scenario: scenario.name,
        devices,
        drivers,
        request: requestOf(scenario, shape, kernel, asked, options.all ? 'all' : 'worst'),
      }));
  });
}

/** Why there is nothing to search for; null when there is. */
export function nothingToSearch(
  groups: readonly ShapeGroup[],
  searches: readonly Search[],
): string | null {
  if (searches.length > 0) return null;
  return groups.some(({ shape }) => shape !== null)
    ? 'its IOMMUs are there before any driver comes that could race'
    : 'no device that a driver binds to is behind an IOMMU that the model has a driver for';
}

/** A thread has to warm up, which is worth it for several searches only. */
const searchesPerJob = 4;

export function worthwhileJobs(searches: number): number {
  return Math.min(availableParallelism(), Math.ceil(searches / searchesPerJob));
}

/** What docs/findings.md says of a cause; made are the first of the searches, in their order. */
export function judgeOf(searches: readonly Search[], made: readonly CheckedSearch[]): Judge {
  return (cause, search) => {
    const { request } = present(searches[made.indexOf(search)], 'a search that was made');
    return judgedBy(request)(cause);
  };
}
