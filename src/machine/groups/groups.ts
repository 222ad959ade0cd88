// The IOMMU groups of a machine: who is in each, what ties the members together, and what of a group
// can be given to a guest. Groups and reasons are those of the boot that `explain` shows.

import { classNameOf, type PciIds, titleOf } from '../../firmware/index.ts';
import type { Design, device, Kconfig } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type { BootOptions } from '../boot/boot.ts';
import { type Explainer, explainerOf, killersIn } from '../explain/explain.ts';
import type { Tie } from '../explain/group.ts';
import { kindOf } from '../explain/pci.ts';
import { idsOf } from '../firmware/pci-names.ts';
import type {
  DeviceOutcome,
  DomainName,
  Finding,
  InspectedDevice,
  Inspection,
} from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { hiddenBy } from './override.ts';
import { type Passthrough, passthroughOf } from './passthrough.ts';

/** A device, in words. May quote names from firmware and files, so escape before printing. */
export interface NamedDevice {
  readonly name: string;
  /** Below `/sys`. */
  readonly path: string;
  readonly bus: InspectedDevice['bus'];
  readonly outcome: DeviceOutcome;
  /** `8086:100e`; null for what is not on PCI, or not known. */
  readonly ids: string | null;
  /** Six hexadecimal digits: base class, sub-class, programming interface. */
  readonly class: string | null;
  readonly class_name: string | null;
  /** Vendor and device, or what a node of the devicetree is compatible with. */
  readonly title: string | null;
  /** What it is on PCI: `root port`. */
  readonly kind: string | null;
  /** What the answer rests on that nothing shows; absent when nothing. */
  readonly assumes?: readonly string[];
}

export interface GroupMember extends NamedDevice {
  /** How it came into the group: `new` for the first of it. */
  readonly tie: Tie;
  /** The rule, as `explain` tells it. */
  readonly reason: string;
  /** Whether it keeps its functions apart, and each bridge above it what is below. */
  readonly isolation: readonly string[];
  /** A bridge: VFIO leaves it to its driver. */
  readonly bridge: boolean;
}

export interface GroupView {
  readonly id: number;
  readonly type: DomainName | null;
  readonly devices: readonly GroupMember[];
}

export interface UngroupedDevice extends NamedDevice {
  readonly reasons: readonly string[];
}

export interface GroupsReport {
  readonly machine: Inspection['machine'];
  /** By number. */
  readonly groups: readonly GroupView[];
  /** Devices that no IOMMU has. */
  readonly direct: readonly UngroupedDevice[];
  /** Where names of PCI devices are from; null where there are none. */
  readonly names_from: string | null;
  /** Answers about the devices that somebody asked for. */
  readonly passthrough: readonly Passthrough[];
  /** What some kernels do not survive; absent when there is nothing. */
  readonly findings?: readonly Finding[];
  /** What was assumed, or could not be used, and why. */
  readonly notes: readonly string[];
}

/** What PCI devices are called, and where that is from. */
export interface Names {
  readonly ids: PciIds;
  readonly from: string;
}

/**
 * @param asked the devices that somebody wants to give to a guest
 */
export function groupsOf(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
  names: Names | null = null,
  asked: readonly MachineDevice[] = [],
): GroupsReport {
  const explainer = explainerOf(machine, design, config, options);
  const { inspection } = explainer;
  const view = new View(machine, explainer, names);
  const groups = view.groups(() => true);
  return {
    machine: inspection.machine,
    groups,
    direct: machine.devices.flatMap((of) => view.ungrouped(of)),
    names_from: machine.titles === undefined ? (names?.from ?? null) : machine.titles.from,
    passthrough: asked.map((of) => passthroughOf(machine, explainer, config, groups, of)),
    ...killersIn(inspection),
    notes: [
      ...inspection.notes,
      ...(machine.foreignOptions ?? []).map((word) => hiddenBy(word, explainer)),
    ],
  };
}

/** The answer about one device, and who is in its group. */
export interface Company {
  readonly answer: Passthrough;
  /** Itself among them; empty where it is in none. */
  readonly members: readonly GroupMember[];
}

/** Whether one device can be given to a guest by itself, of a machine that was booted already. */
export function companyOf(
  machine: Machine,
  explainer: Explainer,
  config: Kconfig,
  of: MachineDevice,
): Company {
  const { devices } = explainer.inspection;
  const id = devices[machine.devices.indexOf(of)]?.group;
  const groups = new View(machine, explainer, null).groups((group) => group === id);
  const answer = passthroughOf(machine, explainer, config, groups, of);
  return { answer, members: groups.flatMap((group) => group.devices) };
}

class View {
  readonly #machine: Machine;
  readonly #explainer: Explainer;
  readonly #names: Names | null;
  readonly #inspected: ReadonlyMap<MachineDevice, InspectedDevice>;

  constructor(machine: Machine, explainer: Explainer, names: Names | null) {
    this.#machine = machine;
    this.#explainer = explainer;
    this.#names = names;
    const { devices } = explainer.inspection;
    this.#inspected = new Map(machine.devices.flatMap((of, i) => pairOf(of, devices[i])));
  }

  /** The groups with these numbers, and who is in them. */
  groups(isWanted: (id: number) => boolean): GroupView[] {
    const byName = new Map(this.#machine.devices.map((of) => [of.name, of]));
    const wanted = this.#explainer.inspection.groups.filter(({ id }) => isWanted(id));
    return wanted.map(({ id, type, devices }) => ({
      id,
      type,
      devices: devices.flatMap((name) => {
        const of = byName.get(name);
        return of === undefined ? [] : this.#member(of);
      }),
    }));
  }

  #member(of: MachineDevice): GroupMember[] {
    const dev: device | undefined = this.#explainer.boot.devices.get(of);
    const membership = dev === undefined ? null : this.#explainer.memberships.of(dev);
    if (membership === null) return [];
    const { tie, text, gap, isolation } = membership;
    return this.#named(of).map((named) => ({
      ...named,
      tie,
      reason: gap === undefined ? text : `${text}: ${gap.text}`,
      isolation: isolation.map((told) => told.text),
      bridge: isBridge(of),
    }));
  }

  ungrouped(of: MachineDevice): UngroupedDevice[] {
    const found = this.#inspected.get(of);
    if (found === undefined || found.group !== null) return [];
    return this.#named(of).map((named) => ({ ...named, reasons: found.reasons }));
  }

  #named(of: MachineDevice): NamedDevice[] {
    const found = this.#inspected.get(of);
    if (found === undefined) return [];
    const { name, path, bus, outcome, assumes } = found;
    const rests = assumes === undefined ? {} : { assumes };
    return [{ name, path, bus, outcome, ...this.#inWords(of), ...rests }];
  }

  #inWords(
    of: MachineDevice,
  ): Pick<NamedDevice, 'ids' | 'class' | 'class_name' | 'title' | 'kind'> {
    const config = of.pci?.config ?? null;
    if (config === null)
      return {
        ids: null,
        class: null,
        class_name: null,
        title: of.compatible[0] ?? null,
        kind: null,
      };
    const { vendor_id: vendor, device_id } = present(of.pci && idsOf(of.pci), of.name);
    const known = this.#machine.titles?.of.get(of.name);
    const listed = this.#names === null ? null : titleOf(this.#names.ids, vendor, device_id);
    return {
      ids: `${digits(vendor, 4)}:${digits(device_id, 4)}`,
      class: digits(config.class_code, 6),
      class_name: known?.class_name ?? classNameOf(config.class_code),
      title: known?.title ?? listed,
      kind: of.pci?.physfn === undefined ? kindOfFunction(of) : 'virtual function',
    };
  }
}

function pairOf(
  of: MachineDevice,
  found: InspectedDevice | undefined,
): [MachineDevice, InspectedDevice][] {
  return found === undefined ? [] : [[of, found]];
}

function kindOfFunction({ pci }: MachineDevice): string | null {
  const config = pci?.config ?? null;
  if (config === null) return null;
  return kindOf(config, config.pci_express?.type ?? null, config.header_type === 1);
}

/** VFIO takes what has an ordinary header. */
export function isBridge({ pci }: MachineDevice): boolean {
  return (pci?.config?.header_type ?? 0) !== 0;
}

function digits(value: number, count: number): string {
  return value.toString(16).padStart(count, '0');
}
