// Platform devices in the order in which Linux makes them of the ACPI namespace (drivers/acpi/scan.c):
// an object before those below it, siblings in the order of their definition.

import {
  type AcpiDevice,
  type AcpiNamespace,
  compatibleIds,
  devicePropertyOf,
  hardwareId,
  memoryOf,
  numberOf,
  uniqueId,
} from '../../../firmware/index.ts';
import type { acpi_device } from '../../../linux/index.ts';
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
}

/** The platform devices and PCI host bridges of the namespace. */
export function createNamespaceDevices({ devices }: AcpiNamespace): NamespaceDevices {
  const walk = new Walk();
  walk.visit(treeOf(devices), { cca: null, sysfs: 'devices/platform' });
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
  readonly notes: string[] = [];
  /** How many objects have had an ID, whether or not there is a device for them. */
  readonly #instances = new Map<string, number>();

  visit({ device, children }: Node, above: Above): void {
    const below = device === null ? above : this.#object(device, children, above);
    if (below === null) return;
    for (const child of children.values()) this.visit(child, below);
  }

  /** What the objects below see, null where Linux does not look at them. */
  #object(of: AcpiDevice, children: Node['children'], above: Above): Above | null {
    const ids = [hardwareId(of), ...compatibleIds(of)].filter((id) => id !== null);
    const [id] = ids;
    const name = id === undefined ? '' : this.#name(id);
    const object: acpi_device = {
      kind: 'device',
      path: of.path,
      cca: above.cca ?? this.#coherent(of),
      memory: memoryOf(of)?.[0]?.base_address ?? null,
      hid: id ?? null,
      uid: uniqueId(of),
    };
    const below = { ...above, cca: object.cca };
    const status = numberOf(of, '_STA');
    if (status !== null && (status & 1n) === 0n) return (status & 8n) === 0n ? null : below;
    if (ids.some((one) => pciRootIds.includes(one))) {
      this.roots.push({ ...this.#root(of, object), ports: portsOf(children) });
      return below;
    }
    if (id === undefined || isPnp(ids) || ids.some((one) => noDeviceIds.includes(one)))
      return below;
    const path = `${above.sysfs}/${name}`;
    this.devices.push({
      name,
      bus: 'platform',
      path,
      of_node: null,
      dma_node: null,
      acpi: { fwnode: object, dma_companion: object },
      compatible: ids,
      pci: null,
      assumed: false,
    });
    return { ...below, sysfs: path };
  }

  #name(id: string): string {
    const instance = this.#instances.get(id) ?? 0;
    this.#instances.set(id, instance + 1);
    return `${id}:${instance.toString(16).padStart(2, '0')}`;
  }

  #coherent(of: AcpiDevice): boolean | null {
    if (!of.names.has('_CCA')) return null;
    const value = numberOf(of, '_CCA');
    if (value === null) this.notes.push(`${of.path}: code gives its _CCA, taken to be 1`);
    return value !== 0n;
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
    const value = numberOf(of, name);
    if (value === null && of.names.has(name)) {
      this.notes.push(`${of.path}: code gives its ${name}, taken to be 0`);
    }
    return Number((value ?? 0n) & 0xffffn);
  }
}

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
