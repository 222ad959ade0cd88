import type { Cause } from '../../explore/index.ts';
import { iommuDrivers } from '../../linux/index.ts';
import type { Shape } from '../../machine/index.ts';
import { type Known, knownOf, odditiesOf, type Place } from '../../scenarios/index.ts';
import type { SearchRequest } from './request.ts';

/** Looks up what docs/findings.md says of the causes that a search has found. */
export function judgedBy({
  kernel,
  scenario,
  shape,
}: Pick<SearchRequest, 'kernel' | 'scenario' | 'shape'>): (
  cause: Pick<Cause, 'id' | 'sites'>,
) => Known | null {
  const drivers = driversOf(shape);
  const { bus, firmware = 'devicetree', bridge = null } = shape;
  const several = { ids: shape.specifiers.length, iommus: shape.iommus.length };
  const place: Place = {
    scenario,
    drivers,
    firmware,
    bus,
    bridge,
    shapes: odditiesOf(shape),
    ...several,
  };
  return ({ id, sites }) => knownOf(kernel, sites, id, place);
}

/** The drivers of a shape's IOMMUs. */
export function driversOf({ iommus }: Shape): string[] {
  return iommuDrivers
    .filter((driver) => iommus.some(({ compatible }) => driver.compatible.includes(compatible)))
    .map(({ name }) => name);
}
