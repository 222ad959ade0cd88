import type { Shape, ShapeBus } from '../../machine/index.ts';
import { baseOf } from '../../series/index.ts';
import { scenarios } from '../all.ts';
import type { ShapeFirmware } from '../builtin.ts';
import { anchorOf } from './anchor.ts';
import type { Finding, Found, Oddity, Status } from './finding.ts';
import { sections } from './sections.ts';

/** What is known of a cause of bugs. */
export interface Known {
  readonly status: Status;
  /** Where it was reported; empty where nobody is known to have done so. */
  readonly reported: string;
  readonly kernels: readonly [from: string, until: string | null];
  /** The heading of docs/findings.md that tells about it, as a link names it. */
  readonly anchor: string;
  readonly name: string;
}

/** Where a cause was found. What is left out is not asked about. */
export interface Place {
  readonly scenario?: string;
  /** The drivers of the IOMMUs that the device is behind. */
  readonly drivers?: readonly string[];
  /** What describes the device. */
  readonly firmware?: ShapeFirmware;
  readonly bus?: ShapeBus;
  /** Null where it is behind none that matters. */
  readonly bridge?: Shape['bridge'] | null;
  /** What is odd about the device. */
  readonly shapes?: readonly Oddity[];
  /** How many IDs the device has. */
  readonly ids?: number;
  /** How many IOMMUs it is behind. */
  readonly iommus?: number;
}

/** What is known of a cause by its name, or by the bugs that hang on it; null when nobody has judged it. */
export function knownOf(
  kernel: string,
  bugIds: readonly string[],
  causeId: string,
  place: Place = {},
): Known | null {
  const ids = bugIds.map(ofFirstDevice);
  for (const on of kernelsFor(kernel)) {
    for (const at of placesFor(place)) {
      const found = findingOf(on, ids, causeId, at);
      if (found !== null) return known(found);
    }
  }
  return null;
}

/** Where nobody asks about a driver, what is said of whatever driver comes before what is said of one. */
function placesFor(place: Place): readonly Place[] {
  const places = scenariosFor(place).map((scenario) => ({ ...place, ...scenario }));
  if (place.drivers !== undefined) return places;
  return [...places.map((one) => ({ ...one, drivers: [] })), ...places];
}

/** Which of several clients a bug befalls makes no difference to what it is, nor which of several IOMMUs. */
function ofFirstDevice(id: string): string {
  return id
    .replace(/:(?:again|refused|second)->/, ':dev->')
    .replace(/:device-iommu-[A-Z]$/, ':device-iommu');
}

/**
 * Where to look: at the scenario, at those that are in it, at that of the table which describes the device, and at those
 * which are about several IDs or IOMMUs where it has some.
 */
function scenariosFor({
  scenario,
  firmware,
  ids = 1,
  iommus = 1,
}: Place): readonly Pick<Place, 'scenario'>[] {
  if (scenario === undefined) return [{}];
  const contained = scenarios.find(({ name }) => name === scenario)?.contains ?? [];
  const table = firmware?.startsWith('iort')
    ? ['bind-iort']
    : firmware === 'viot'
      ? ['bind-viot']
      : [];
  const several = [...(ids > 1 ? ['partial-fwspec'] : []), ...(iommus > 1 ? ['two-iommus'] : [])];
  return [scenario, ...contained, ...table, ...several].map((name) => ({ scenario: name }));
}

/**
 * A step of the series has what the series has, and what it begins with; a kernel with something on
 * it has what it has without, as far as that shows.
 */
function kernelsFor(kernel: string): readonly string[] {
  const base = baseOf(kernel);
  const own = base === kernel ? [] : [kernel];
  const series = base !== kernel && base === 'fwspec-v2' ? ['fwspec-v2+fixes'] : [];
  return /^fwspec-v2\/\d+$/.test(base)
    ? [...own, base, 'fwspec-v2', 'v6.7-rc1']
    : [...own, base, ...series];
}

function findingOf(
  kernel: string,
  bugIds: readonly string[],
  causeId: string,
  place: Place,
): Finding | null {
  let best: { readonly finding: Finding; readonly weight: number } | null = null;
  for (const finding of sections.flatMap(({ findings }) => findings)) {
    const here = rowsAt(finding, kernel, place);
    const named = here.some(({ causes }) => causes?.includes(causeId));
    const explained = new Set(
      here.flatMap(({ bugs, causes }) => (causes === undefined || named ? bugs : [])),
    );
    const bugs = bugIds.filter((id) => explained.has(id)).length;
    // A finding that explains the lesser part of what hangs on a cause is another one's.
    if (!named && (bugs === 0 || 2 * bugs < bugIds.length)) continue;
    // A name counts most, then the number of bugs, and between equals the first bug, the easiest to reach.
    const first = explained.has(bugIds[0] ?? '') ? 1 : 0;
    const weight = (named ? 4 * bugIds.length : 0) + 2 * bugs + first;
    if (best === null || weight > best.weight) best = { finding, weight };
  }
  return best?.finding ?? null;
}

/** What a finding says of a place. What it says of a driver counts behind that driver only. */
function rowsAt(
  { found }: Finding,
  kernel: string,
  { scenario, drivers, firmware, bus, bridge, shapes }: Place,
): readonly Found[] {
  return found.filter(
    (row) =>
      row.on.includes(kernel) &&
      (scenario === undefined || row.in.includes(scenario)) &&
      (row.firmware === undefined || firmware === undefined || firmware === row.firmware) &&
      (row.bus === undefined || bus === undefined || bus === row.bus) &&
      (row.bridge === undefined || bridge === undefined || bridge === row.bridge) &&
      (row.shape === undefined || shapes === undefined || shapes.includes(row.shape)) &&
      (row.with === undefined || drivers === undefined || drivers.includes(row.with)),
  );
}

function known({ name, status, reported, kernels }: Finding): Known {
  return { status, reported, kernels, anchor: anchorOf(name), name };
}
