import { iommuDrivers } from '../linux/index.ts';
import type { KnownOf } from '../report/index.ts';
import { knownOf } from '../scenarios/index.ts';
import type { SearchRequest } from './search.ts';

/** Looks up what is known of the causes that a search has found. */
export function judgedBy({ kernel, scenario, shape }: Judged): KnownOf {
  const drivers = shape.iommus.flatMap(({ compatible }) =>
    iommuDrivers.filter((driver) => driver.compatible.includes(compatible)).map(({ name }) => name),
  );
  return ({ id, sites }) => knownOf(kernel, sites, id, { scenario, drivers });
}

type Judged = Pick<SearchRequest, 'kernel' | 'scenario' | 'shape'>;
