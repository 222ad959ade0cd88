// Platform devices in the order in which Linux makes them of the ACPI namespace (drivers/acpi/scan.c):
// an object before those below it, siblings in the order of their definition, and after all of them
// what depends on other objects.

import {
  type AcpiDevice,
  type AcpiNamespace,
  compatibleIds,
  dependenciesOf,
  devicePropertyOf,
  hardwareId,
  memoryOf,
  numberOf,
  uniqueId,
} from '../../../firmware/index.ts';
import type { acpi_device } from '../../../linux/index.ts';
import type { Writable } from '../../../util/index.ts';
import { assume } from '../../assumptions.ts';
import type { AcpiPort, AcpiPorts, MachineDevice, PciRoot } from '../../machine.ts';
import { isPnp, noDeviceIds, pciRootIds } from './tables.ts';

/** What Linux makes of the namespace. */
export interface NamespaceDevices {
  readonly devices: readonly MachineDevice[];
  readonly roots: readonly PciRoot[];
  readonly notes: readonly string[];
}

/** An object, and the objects below it. */
interface Node {
  readonly path: string;
  device: AcpiDevice | null;
  readonly children: Map<string, Node>;
}

/** What an object passes on to those below it. */
interface Above {
  /** What the first `_CCA` on the way down says. */
  readonly cca: boolean | null;
  /** Below `/sys`. */
  readonly sysfs: string;
  readonly assumes: readonly string[];
  /** The nearest object on the way up that has a `_DMA`. */
  readonly dma: string | null;
  /** Some object on the way up is not there: what is below it has its number, and is no device. */
  readonly absent: boolean;
}

/** The platform devices and PCI host bridges of the namespace. */
export function createNamespaceDevices({ devices }: AcpiNamespace): NamespaceDevices {
  const walk = new Walk(devices);
  walk.all(treeOf(devices));
  return walk;
}

function treeOf(devices: readonly AcpiDevice[]): Node {
  const root: Node = { path: '\\', device: null, children: new Map() };
  for (const device of devices) {
    let at = root;
    for (const segment of device.path.slice(1).split('.')) {
      let next = at.children.get(segment);
      if (next === undefined) {
        const path = at === root ? `\\${segment}` : `${at.path}.${segment}`;
        next = { path, device: null, children: new Map() };
        at.children.set(segment, next);
      }
      at = next;
    }
    at.device ??= device;
  }
  return root;
}

class Walk implements NamespaceDevices {
  readonly devices: MachineDevice[] = [];
  readonly roots: PciRoot[] = [];
  readonly #gaps = new Gaps();
  readonly #byPath: ReadonlyMap<string, AcpiDevice>;
  /** How many objects have had an ID, whether or not there is a device for them. */
  readonly #instances = new Map<string, number>();
  /** What waits for other objects, with all that is below it. */
  #postponed: [Node, Above][] | null = [];

  constructor(devices: readonly AcpiDevice[]) {
    this.#byPath = new Map(devices.map((device) => [device.path, device]));
  }

  get notes(): string[] {
    return this.#gaps.notes();
  }

  /** The whole tree: first what depends on nothing, then the rest. */
  all(root: Node): void {
    const sysfs = 'devices/platform';
    this.visit(root, { cca: null, sysfs, assumes: [], dma: null, absent: false });
    const postponed = this.#postponed ?? [];
    this.#postponed = null;
    // What waited is attached by itself, whether or not what it is below is there.
    for (const [node, above] of postponed) this.visit(node, { ...above, absent: false });
  }

  visit(node: Node, above: Above): void {
    const { device, children } = node;
    if (device !== null && this.#postponed !== null && this.#waits(device)) {
      this.#postponed.push([node, above]);
      return;
    }
    const below = device === null ? above : this.#object(device, children, above);
    if (below === null) return;
    for (const child of children.values()) this.visit(child, below);
  }

  /** Whether it depends on another object. @linux drivers/acpi/scan.c acpi_scan_check_dep */
  #waits(device: AcpiDevice): boolean {
    if (!device.names.has('_HID')) return false;
    return (dependenciesOf(device) ?? []).some((path) => {
      const supplier = this.#byPath.get(path);
      return !idsOf(supplier).some((id) => suppliersAtHand.includes(id));
    });
  }

  /** What the objects below see, null where Linux does not look at them. */
  #object(of: AcpiDevice, children: Node['children'], above: Above): Above | null {
    const ids = idsOf(of);
    const [id] = ids;
    const matters = of.names.has('_HID') && !isPnp(ids) && !ids.some(isNoDevice) && !above.absent;
    if (of.doubt !== undefined) {
      if (matters) this.#gaps.add('is left out, as it may not exist', of.path, of.doubt);
      return null;
    }
    const name = id === undefined ? '' : this.#name(id);
    const status = numberOf(of, '_STA');
    const isThere = status === null || (status & (PRESENT | FUNCTIONING)) !== 0n;
    const cca = above.cca ?? isCoherent(of);
    const dma = of.names.has('_DMA') ? of.path : above.dma;
    if (above.absent || !isThere) return { ...above, cca, dma, absent: true };
    if (above.cca === null) this.#gaps.unknown('_CCA', 'taken to be 1', of);
    const memory = memoryOf(of)?.[0]?.base_address ?? null;
    const object: Writable<acpi_device> = {
      kind: 'device',
      path: of.path,
      cca,
      memory,
      hid: id ?? null,
      uid: uniqueId(of),
    };
    if (dma !== null) object.dma = dma;
    const own = this.#assumes(of, above, status);
    const assumes = own.length === 0 ? above.assumes : [...above.assumes, ...own];
    const below = { ...above, cca, assumes, dma };
    if (ids.some((one) => pciRootIds.includes(one))) {
      this.roots.push({ ...this.#root(of, object), ports: portsOf(children) });
      return below;
    }
    if (!matters) return below;
    if (hardwareId(of) === null) {
      this.#gaps.unknown('_HID', 'left out', of);
      return below;
    }
    if (status === null) this.#gaps.unknown('_STA', 'taken to be present', of);
    this.#gaps.unknown('_DEP', 'taken to depend on nothing', of);
    const path = `${above.sysfs}/${name}`;
    const device: Writable<MachineDevice> = {
      name,
      bus: 'platform',
      path,
      of_node: null,
      dma_node: null,
      acpi: { fwnode: object, dma_companion: object },
      compatible: ids,
      pci: null,
      assumed: false,
    };
    if (assumes.length > 0) device.assumes = assumes;
    this.devices.push(device);
    return { ...below, sysfs: path };
  }

  /** What is taken for known of an object and all below it. */
  #assumes(of: AcpiDevice, above: Above, status: bigint | null): string[] {
    const present = of.names.has('_STA') && status === null;
    const coherent = above.cca === null && isUnknown(of, '_CCA');
    return [
      ...(present ? [assume('acpi-status', of.path)] : []),
      ...(coherent ? [assume('acpi-coherency', of.path)] : []),
    ];
  }

  #name(id: string): string {
    const instance = this.#instances.get(id) ?? 0;
    this.#instances.set(id, instance + 1);
    return `${id}:${instance.toString(16).padStart(2, '0')}`;
  }

  #root(of: AcpiDevice, object: acpi_device): PciRoot {
    const first = this.#number(of, '_BBN') & 0xff;
    return {
      segment: this.#number(of, '_SEG') & 0xffff,
      bus_range: [first, 0xff],
      path: 'devices',
      of_node: null,
      acpi: { fwnode: null, dma_companion: object },
    };
  }

  #number(of: AcpiDevice, name: string): number {
    this.#gaps.unknown(name, 'taken to be 0', of);
    return Number((numberOf(of, name) ?? 0n) & 0xffffn);
  }
}

/** What is not known of objects: those of which the same is said share a note. */
class Gaps {
  readonly #paths = new Map<string, string[]>();

  /** Note that a name has no known value, if that is so. */
  unknown(name: string, taken: string, of: AcpiDevice): void {
    if (!isUnknown(of, name)) return;
    this.add(`has a ${name} that is not known and is ${taken}`, of.path, of.unknown?.get(name));
  }

  add(what: string, path: string, why = 'no number'): void {
    const key = `${what} (${why})`;
    const paths = this.#paths.get(key) ?? [];
    paths.push(path);
    this.#paths.set(key, paths);
  }

  notes(): string[] {
    return [...this.#paths].map(([what, paths]) => {
      return paths.length === 1
        ? `${paths[0]} ${what}`
        : `each of these ${what}: ${paths.join(', ')}`;
    });
  }
}

function isUnknown({ names }: AcpiDevice, name: string): boolean {
  return names.get(name) === null;
}

function isCoherent(of: AcpiDevice): boolean | null {
  return of.names.has('_CCA') ? numberOf(of, '_CCA') !== 0n : null;
}

/** Its IDs, the most telling first. */
function idsOf(of: AcpiDevice | undefined): string[] {
  if (of === undefined) return [];
  return [hardwareId(of), ...compatibleIds(of)].filter((id) => id !== null);
}

function isNoDevice(id: string): boolean {
  return noDeviceIds.includes(id);
}

/** Objects that nothing waits for. @linux drivers/acpi/scan.c acpi_ignore_dep_ids */
const suppliersAtHand: readonly string[] = ['PNP0D80', 'INT33BD', 'LATT2021'];

/** Bits of `_STA`; either makes Linux look at an object (6.3.7). */
const PRESENT = 1n;
const FUNCTIONING = 8n;

/** What the objects of a bus's functions say of what is plugged in below. */
function portsOf(children: Node['children']): AcpiPorts {
  const ports = new Map<number, AcpiPort>();
  for (const { device, children: below } of children.values()) {
    const address = device === null ? null : numberOf(device, '_ADR');
    if (device === null || address === null) continue;
    const faces = devicePropertyOf(device, 'ExternalFacingPort');
    ports.set(Number((((address >> 16n) & 0x1fn) << 3n) | (address & 7n)), {
      external_facing: typeof faces === 'bigint' && faces !== 0n,
      usb4_host_interface: devicePropertyOf(device, 'usb4-host-interface') !== undefined,
      ports: portsOf(below),
    });
  }
  return ports;
}
