// What is in what: IOMMUs, host bridges, bridges, devices, with the fields of shared groups among them.
// Each device is in it once.

import type { DeviceFacts, MachineFacts } from '../facts.ts';

/**
 * `iommu`: what is behind it. `outcome`: what is behind none, for the same reason. `host`: a root bus, as far as it is
 * behind one IOMMU. `group`: members of a group of several, side by side.
 */
export type PartKind = 'machine' | 'iommu' | 'outcome' | 'host' | 'group' | 'device';

export interface Part {
  readonly kind: PartKind;
  /** Unique in the machine, and the same for the same machine. */
  readonly key: string;
  /** Of `devices`: the device that it is, or that stands in its head. */
  device: number | null;
  /** An IOMMU's, a root bus's, an outcome's; empty for others. */
  readonly name: string;
  /** The group whose colour it stands on or is; null where the group has one member. */
  readonly group: number | null;
  /** How other parts reach the IOMMU: drawn as wires, or told as a text. */
  readonly wired: boolean;
  readonly children: Part[];
}

/** In which order what is behind no IOMMU is shown. */
const outcomes: readonly string[] = [
  'failed',
  'deferred',
  'translated',
  'identity',
  'direct',
  'absent',
];

/** Of groups with more than one member, what each is coloured as: by order of their numbers. */
export function sharedGroups({ document }: MachineFacts): ReadonlyMap<number, number> {
  const shared = document.groups.filter(({ devices }) => devices.length > 1);
  return new Map(shared.map(({ id }, i) => [id, i]));
}

export function partsOf(facts: MachineFacts): Part {
  return new Builder(facts).machine();
}

class Builder {
  readonly #facts: MachineFacts;
  readonly #shared: ReadonlyMap<number, number>;
  readonly #zones = new Map<string, Part>();
  readonly #zoneOf: readonly Part[];
  /** Devices that stand in the head of a part. */
  readonly #heads = new Set<number>();
  readonly #hosts = new Map<string, Part>();

  constructor(facts: MachineFacts) {
    this.#facts = facts;
    this.#shared = sharedGroups(facts);
    this.#findIommus();
    this.#zoneOf = facts.devices.map((device) => this.#zone(device));
    this.#findHosts();
  }

  machine(): Part {
    const { devices } = this.#facts;
    const boxes = devices.map((_device, i) => part('device', `device ${i}`, i, this.#sharedOf(i)));
    devices.forEach((_device, i) => {
      const box = boxes[i];
      if (box !== undefined && !this.#heads.has(i)) this.#place(i, boxes).children.push(box);
    });
    const rank = (zone: Part): number =>
      zone.kind === 'iommu' ? Number(zone.children.length === 0) - 2 : outcomes.indexOf(zone.name);
    const zones = [...this.#zones.values()].sort((a, b) => rank(a) - rank(b));
    const shown = zones.filter(({ kind, children }) => kind === 'iommu' || children.length > 0);
    return { ...part('machine', 'machine', null, null), children: shown.map(this.#withGroups) };
  }

  /** Each is there, whether or not there is something behind it. */
  #findIommus(): void {
    const { document, devices } = this.#facts;
    const byName = new Map(devices.map(({ name }, i) => [name, i]));
    for (const { name } of document.iommus) {
      const zone = this.#zoneCalled('iommu', name);
      const i = byName.get(name);
      // One that is behind another, or that fails, is shown where that is seen.
      if (zone.device !== null || i === undefined || devices[i]?.outcome !== 'direct') continue;
      zone.device = i;
      this.#heads.add(i);
    }
  }

  #zoneCalled(kind: 'iommu' | 'outcome', name: string): Part {
    const key = `${kind} ${name}`;
    const known = this.#zones.get(key);
    if (known !== undefined) return known;
    const zone = { ...part(kind, key, null, null), name, wired: kind === 'iommu' };
    this.#zones.set(key, zone);
    return zone;
  }

  #zone({ outcome, iommus: [first] }: DeviceFacts): Part {
    return first === undefined
      ? this.#zoneCalled('outcome', outcome)
      : this.#zoneCalled('iommu', first.iommu);
  }

  /** A host bridge is the head of what it leads to, once: where the first of its devices is. */
  #findHosts(): void {
    const { devices, roots } = this.#facts;
    devices.forEach(({ root }, i) => {
      const zone = this.#zoneOf[i];
      const bus = root === null ? undefined : roots[root];
      if (bus === undefined || zone === undefined) return;
      const key = `host ${bus.name} ${zone.key}`;
      if (this.#hosts.has(key)) return;
      const host = { ...part('host', key, null, null), name: bus.name };
      this.#hosts.set(key, host);
      zone.children.push(host);
      if (bus.host === null || this.#heads.has(bus.host)) return;
      if (devices[bus.host]?.outcome !== 'direct') return;
      host.device = bus.host;
      this.#heads.add(bus.host);
    });
  }

  /** The nearest above a device that is in the same zone. */
  #place(i: number, boxes: readonly Part[]): Part {
    const { devices, roots } = this.#facts;
    const zone = this.#zoneOf[i] as Part;
    let above = devices[i]?.parent ?? null;
    while (above !== null) {
      const box = boxes[above];
      if (this.#zoneOf[above] === zone && box !== undefined && !this.#heads.has(above)) return box;
      above = devices[above]?.parent ?? null;
    }
    const root = devices[i]?.root ?? null;
    const bus = root === null ? undefined : roots[root];
    return (bus && this.#hosts.get(`host ${bus.name} ${zone.key}`)) ?? zone;
  }

  #sharedOf(i: number): number | null {
    const group = this.#facts.devices[i]?.group ?? null;
    return group !== null && this.#shared.has(group) ? group : null;
  }

  /** Members of a shared group that lie side by side get a field. */
  #withGroups = (of: Part): Part => {
    const children: Part[] = [];
    const fields = new Map<number, Part>();
    // What is below a member and in its group stands on its colour.
    const one = of.kind === 'device' && of.children.every(({ group }) => group === of.group);
    for (const child of of.children) {
      const inside = this.#withGroups(child);
      const { group } = child;
      if (group === null || one) {
        children.push(inside);
        continue;
      }
      const known = fields.get(group);
      if (known !== undefined) {
        known.children.push(inside);
        continue;
      }
      const key = `group ${group} ${of.key}`;
      const field = { ...part('group', key, null, group), wired: of.wired, children: [inside] };
      fields.set(group, field);
      children.push(field);
    }
    return { ...of, children };
  };
}

function part(kind: PartKind, key: string, device: number | null, group: number | null): Part {
  return { kind, key, device, name: '', group, wired: false, children: [] };
}
