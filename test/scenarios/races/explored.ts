import {
  type Bug,
  type ExploreOptions,
  explore,
  type Outcome,
} from '../../../src/explore/index.ts';
import { type DriverName, defaultKconfig } from '../../../src/linux/index.ts';
import type { Shape, ShapeBus } from '../../../src/machine/index.ts';
import {
  type AskedShape,
  builtinShape,
  decodeToken,
  encodeToken,
  lacking,
  type Oddity,
  programOf,
  type Replayable,
  type Scenario,
  type ShapeFirmware,
  scenarioOf,
  shapeDrivers,
  unfit,
} from '../../../src/scenarios/index.ts';
import { designOf } from '../../../src/series/index.ts';

/** A scenario on a kernel and the built-in device behind a driver. */
export interface Subject {
  readonly scenario: Scenario;
  readonly kernel: string;
  readonly shape: Shape;
}

const asked: Readonly<Record<Oddity, AskedShape>> = {
  'mmu-masters': { binding: 'mmu-masters' },
  'id-twice': { ids: [[1, 1]] },
  'two-ids': { ids: [[1, 2]] },
  'three-ids': { ids: [[1, 2, 3]] },
  'two-iommus': { iommus: 2 },
  'no-cells': { cells: 0 },
};

/** Without a driver: behind the one that the scenario is explored behind when nobody says. */
export function subject(
  scenario: string,
  kernel: string,
  driver: DriverName | null = null,
  firmware: ShapeFirmware | null = null,
  bus: ShapeBus | null = null,
  bridge: Shape['bridge'] | null = null,
  shape: Oddity | null = null,
): Subject {
  const found = scenarioOf(scenario);
  return {
    scenario: found,
    kernel,
    shape: builtinShape(found, driver, firmware, {
      ...(bus === null ? {} : { bus }),
      ...(bridge ? { bridge } : {}),
      ...(shape === null ? {} : asked[shape]),
    }),
  };
}

/** Those of the drivers that a kernel has and that a scenario makes sense for. */
export function fitting(
  name: string,
  kernel: string,
  drivers: readonly DriverName[] = shapeDrivers,
): DriverName[] {
  const build = { design: designOf(kernel), config: defaultKconfig };
  return drivers.filter((driver) => {
    const { scenario, shape } = subject(name, kernel, driver);
    return lacking(build, shape) === null && unfit(scenario, shape) === null;
  });
}

export function programFor({ scenario, kernel, shape }: Subject) {
  return programOf(scenario, designOf(kernel), defaultKconfig, shape);
}

/** All interleavings, data races left out: they are many, and tested where they are found. */
export function explored(of: Subject, options: ExploreOptions = {}): Outcome {
  return explore(programFor(of), { ignore: ['data-race'], ...options });
}

/** What a token must say about a bug, and the token. */
export function tokenOf({ scenario, kernel, shape }: Subject, bug: Bug) {
  const { schedule, id } = bug;
  const what = {
    kernel,
    scenario: scenario.name,
    config: defaultKconfig,
    shape,
    schedule,
    bug: id,
  } satisfies Replayable;
  const token = encodeToken(what, bug.tasks);
  return { what, token, decoded: decodeToken(token) };
}

/** Kind, function and object of each bug: enough to tell bugs apart. */
export function summary({ bugs }: Outcome): string[] {
  return bugs.map((bug) => `${bug.kind} ${bug.function} ${bug.object}`);
}

/** The kinds of bugs, without the devices that drivers of the kernels up to v6.18 keep. */
export function kindsOf({ bugs }: Outcome): Set<Bug['kind']> {
  const others = bugs.filter(
    ({ kind, object }) => kind !== 'refcount' || !object.startsWith('device '),
  );
  return new Set(others.map(({ kind }) => kind));
}
