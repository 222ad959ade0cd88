// What the picture and the table know of a machine: the document of `inspect`, and where each device is.
// Made in the worker; plain data, so that it can be handed over.

import { classNameOf } from '../../src/firmware/index.ts';
import type {
  InspectedDevice,
  Inspection,
  Machine,
  MachineDevice,
} from '../../src/machine/index.ts';
import { type InspectDocument, inspectJson } from '../../src/report/index.ts';

/** A device with its place. `parent` and `root` are indices. */
export interface DeviceFacts extends InspectedDevice {
  /** The bridge above it, or the object that it is in; null where it is on a bus of its own. */
  readonly parent: number | null;
  /** Of `roots`: where its PCI bus begins; null for what is not on PCI. */
  readonly root: number | null;
  /** The node or object that describes it, as findings name it. */
  readonly node: string | null;
  readonly compatible: readonly string[];
  /** What it is, as far as the input tells: a class, a name. Raw. */
  readonly what: string;
}

/** A root bus of PCI. */
export interface RootBus {
  /** As in `/sys/devices`: `pci0000:00`. */
  readonly name: string;
  /** Of `devices`: its host bridge; null where that is no device. */
  readonly host: number | null;
}

export interface MachineFacts {
  readonly document: InspectDocument;
  /** All that are described, those included that are not there. */
  readonly devices: readonly DeviceFacts[];
  readonly roots: readonly RootBus[];
}

export function factsOf(machine: Machine, inspection: Inspection, kernel: string): MachineFacts {
  const places = new Places(machine);
  return {
    document: inspectJson(inspection, kernel),
    devices: inspection.devices.map((device, i) => {
      const of = machine.devices[i];
      return of === undefined ? { ...device, ...nowhere } : { ...device, ...places.of(of) };
    }),
    roots: places.roots,
  };
}

type Place = Omit<DeviceFacts, keyof InspectedDevice>;

const nowhere: Place = { parent: null, root: null, node: null, compatible: [], what: '' };

class Places {
  readonly roots: RootBus[] = [];
  readonly #machine: Machine;
  readonly #indices: ReadonlyMap<MachineDevice, number>;
  readonly #rootsByName = new Map<string, number>();
  readonly #rootOf = new Map<MachineDevice, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#indices = new Map(machine.devices.map((of, i) => [of, i]));
  }

  of(of: MachineDevice): Place {
    const { pci, compatible } = of;
    return {
      parent: this.#index(pci === null ? (of.container ?? null) : pci.bridge),
      root: pci === null ? null : this.#root(of),
      node: of.of_node?.path ?? of.acpi?.fwnode?.path ?? null,
      compatible,
      what: this.#what(of),
    };
  }

  #index(of: MachineDevice | null): number | null {
    return of === null ? null : (this.#indices.get(of) ?? null);
  }

  /** Bridges come before what is below them, so that no chain of them is walked twice. */
  #root(of: MachineDevice): number {
    const above: MachineDevice[] = [];
    let top = of;
    while (top.pci?.bridge != null && !this.#rootOf.has(top)) {
      above.push(top);
      top = top.pci.bridge;
    }
    const root = this.#rootOf.get(top) ?? this.#rootBus(top);
    for (const device of [top, ...above]) this.#rootOf.set(device, root);
    return root;
  }

  /** What a host bridge leads to is one, also where functions are assumed and bridges are not known. */
  #rootBus({ pci }: MachineDevice): number {
    const [segment, bus] = [pci?.segment ?? 0, pci?.bus ?? 0];
    const bridge = this.#machine.hostBridges.find(
      ({ segment: of, bus_range: [first, last] }) => of === segment && first <= bus && bus <= last,
    );
    const name = `pci${hex(segment, 4)}:${hex(bridge?.bus_range[0] ?? bus, 2)}`;
    const known = this.#rootsByName.get(name);
    if (known !== undefined) return known;
    this.#rootsByName.set(name, this.roots.length);
    return this.roots.push({ name, host: this.#index(bridge?.device ?? null) }) - 1;
  }

  #what({ name, pci, compatible }: MachineDevice): string {
    const config = pci?.config ?? null;
    if (config === null) return compatible[0] ?? '';
    const known = this.#machine.titles?.of.get(name);
    const parts = [known?.class_name ?? classNameOf(config.class_code), known?.title ?? null];
    return parts.filter((part) => part !== null && part !== '').join(': ');
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
