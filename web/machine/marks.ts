// What is to be seen at devices besides what they get: findings about them, and the colours of groups.

import type { Finding } from '../../src/machine/index.ts';
import type { DeviceFacts, MachineFacts } from './facts.ts';
import { sharedGroups } from './picture/parts.ts';

export interface FindingCount {
  readonly errors: number;
  readonly warnings: number;
}

export interface Marked {
  readonly finding: Finding;
  /** Of the devices: those that it is about. */
  readonly devices: readonly number[];
}

const none: FindingCount = { errors: 0, warnings: 0 };
const ranks = ['error', 'warning', 'note'];

export class Marks {
  /** By group: what it is coloured as. */
  readonly colours: ReadonlyMap<number, number>;
  /** Errors first, else as `inspect` has them. */
  readonly findings: readonly Marked[];
  readonly #counts = new Map<DeviceFacts, { errors: number; warnings: number }>();

  constructor(facts: MachineFacts) {
    this.colours = sharedGroups(facts);
    const byPlace = placesOf(facts);
    const rank = ({ severity }: Finding): number => ranks.indexOf(severity);
    this.findings = [...facts.document.findings]
      .sort((a, b) => rank(a) - rank(b))
      .map((finding) => ({ finding, devices: devicesOf(finding, byPlace) }));
    for (const { finding, devices } of this.findings) {
      if (finding.severity === 'note') continue;
      const key = finding.severity === 'error' ? 'errors' : 'warnings';
      for (const i of devices) {
        const of = facts.devices[i];
        if (of === undefined) continue;
        const count = this.#counts.get(of) ?? { errors: 0, warnings: 0 };
        count[key]++;
        this.#counts.set(of, count);
      }
    }
  }

  /** How many findings are about a device. */
  of(device: DeviceFacts): FindingCount {
    return this.#counts.get(device) ?? none;
  }
}

/** Devices by how findings call them: by name, or by the node that describes them. */
function placesOf({ devices }: MachineFacts): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  devices.forEach(({ name, node }, i) => {
    for (const place of new Set([name, node ?? name])) {
      const known = places.get(place);
      if (known === undefined) places.set(place, [i]);
      else known.push(i);
    }
  });
  return places;
}

function devicesOf(
  { node, nodes = [], devices = [] }: Finding,
  byPlace: ReadonlyMap<string, readonly number[]>,
): number[] {
  return [...new Set([node, ...nodes, ...devices].flatMap((place) => byPlace.get(place) ?? []))];
}
