// How people call a device: as the kernel does, by where it is on a bus or in the devicetree, or by
// what it is.

import type { FdtNode } from '../../firmware/index.ts';
import { ranked, UsageError } from '../../util/index.ts';
import { idsOf, pciName } from '../firmware/pci-names.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { whyNoDevice } from './no-device.ts';
import { labelsOf, nodeCalled, nodeOfDevice } from './nodes.ts';

/**
 * The device that somebody means.
 *
 * @throws UsageError when there is none, or when several are meant
 */
export function deviceNamed(machine: Machine, name: string): MachineDevice {
  const [first, ...others] = devicesNamed(machine, name);
  if (first === undefined || others.length > 0) {
    const names = [first, ...others].map((of) => of?.name).join(', ');
    const hint = `say which: ${names}`;
    throw new UsageError('cli/ambiguous-device', `"${name}" is the name of several devices`, hint);
  }
  return first;
}

/**
 * All devices that somebody means: a name as in `/sys/bus/<bus>/devices` or a path that ends in one; a
 * PCI address with or without its domain; `vendor:device`; the path of a node of the devicetree or of
 * an object of ACPI, a label (`&usb0` or `usb0`), an alias.
 *
 * @throws UsageError when there are none
 */
export function devicesNamed(machine: Machine, name: string): MachineDevice[] {
  const { devices } = machine;
  for (const called of [byName, byAddress, byIds, byObject]) {
    const found = called(devices, name);
    if (found.length > 0) return found;
  }
  const labels = machine.sources?.get('devicetree')?.lines?.labels ?? new Map();
  const node = machine.fdt === null ? null : nodeCalled(machine.fdt.root, name, labels);
  if (node !== null) return devicesOf(machine, node);
  const unmade = machine.fdt === null ? null : nodeOfDevice(machine.fdt.root, name);
  if (unmade !== null) return devicesOf(machine, unmade);
  const inSysfs = name.includes('/') ? byName(devices, lastPart(name)) : [];
  if (inSysfs.length > 0) return inSysfs;
  throw unknownDevice(machine, name);
}

function byName(devices: readonly MachineDevice[], name: string): MachineDevice[] {
  const found = devices.find((of) => of.name === name);
  return found === undefined ? [] : [found];
}

/** `03:03.0`, perhaps with a domain. */
const address = /^(?:([\da-f]{1,8}):)?([\da-f]{1,2}):([\da-f]{1,2})\.([0-7])$/i;

/** `03:03.0` is in domain 0. */
function byAddress(devices: readonly MachineDevice[], name: string): MachineDevice[] {
  const parts = address.exec(name);
  if (parts === null) return [];
  const [, segment = '0', ...rest] = parts;
  const [bus = 0, slot = 0, fn = 0] = rest.map((part) => Number.parseInt(part, 16));
  const devfn = (slot << 3) | fn;
  return byName(devices, pciName({ segment: Number.parseInt(segment, 16), bus, devfn }));
}

function byIds(devices: readonly MachineDevice[], name: string): MachineDevice[] {
  const [, vendor, device] = /^([\da-f]{4}):([\da-f]{4})$/i.exec(name) ?? [];
  if (vendor === undefined || device === undefined) return [];
  const [vendor_id, device_id] = [vendor, device].map((id) => Number.parseInt(id, 16));
  return devices.filter(({ pci }) => {
    const ids = pci === null ? null : idsOf(pci);
    return ids?.vendor_id === vendor_id && ids?.device_id === device_id;
  });
}

/** `\_SB_.PCI0.DEV0` */
function byObject(devices: readonly MachineDevice[], name: string): MachineDevice[] {
  if (!name.startsWith('\\')) return [];
  const found = devices.find(({ acpi }) => acpi?.fwnode?.path === name);
  return found === undefined ? [] : [found];
}

function devicesOf(machine: Machine, node: FdtNode): MachineDevice[] {
  const found = machine.devices.filter(({ of_node }) => of_node === node);
  if (found.length > 0) return found;
  throw new UsageError('cli/no-device', `${node.path} is no device: ${whyNoDevice(machine, node)}`);
}

function lastPart(path: string): string {
  return path.replace(/\/+$/, '').replace(/^.*\//, '');
}

function unknownDevice({ devices, fdt, sources }: Machine, name: string): UsageError {
  const ids = devices.flatMap(({ pci }) => (pci?.config == null ? [] : [idsText(pci.config)]));
  const names = devices.map((of) => of.name);
  const nodes = devices.flatMap(({ of_node }) => (of_node === null ? [] : [of_node.path]));
  const written = sources?.get('devicetree')?.lines?.labels.keys() ?? [];
  const labels = fdt === null ? [] : [...written, ...labelsOf(fdt.root)];
  const functions = devices.flatMap((of) => (of.pci === null ? [] : [of.name]));
  const known = /^[\da-f]{4}:[\da-f]{4}$/i.test(name)
    ? ids
    : address.test(name)
      ? functions
      : name.startsWith('/')
        ? nodes
        : name.startsWith('&')
          ? labels.map((label) => `&${label}`)
          : [...names, ...labels];
  const near = ranked(name, known.length === 0 ? names : known);
  const hint = near.length === 0 ? 'it has no devices' : `near names: ${near.join(', ')}`;
  return new UsageError('cli/unknown-device', `the machine has no device "${name}"`, hint);
}

/** `8086:100e` */
function idsText(ids: { readonly vendor_id: number; readonly device_id: number }): string {
  return [ids.vendor_id, ids.device_id].map((id) => id.toString(16).padStart(4, '0')).join(':');
}
