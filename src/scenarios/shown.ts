// What is said of a search besides what the explorer knows.
import type { Cause, TraceStep } from '../explore/index.ts';
import { errnoName, iommuDrivers } from '../linux/index.ts';
import { type Shape, shapeKey, shapeText } from '../machine/index.ts';
import { builtinShape } from './builtin.ts';
import { type Known, knownOf, odditiesOf, type Place } from './known/index.ts';
import type { Scenario } from './scenario.ts';

/** What is explored. */
export interface Explored {
  readonly kernel: string;
  readonly scenario: string;
  readonly shape: Shape;
}

/** Looks up what docs/findings.md says of the causes that a search has found. */
export function judgedBy({
  kernel,
  scenario,
  shape,
}: Explored): (cause: Pick<Cause, 'id' | 'sites'>) => Known | null {
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

/** The shape in words; null for the one that is explored when nobody says. */
export function unusual(shape: Shape, scenario: Scenario): string | null {
  const usual = builtinShape(scenario, driversOf(shape)[0] ?? null);
  return shapeKey(shape) === shapeKey(usual) ? null : shapeText(shape);
}

/** Error numbers by their names. */
export function valueText({ op, value }: TraceStep): string {
  return op === 'return' && /^-\d+$/.test(value) ? errnoName(Number(value)) : value;
}
