// PCI devices in the order in which Linux adds them (drivers/pci/probe.c). Scanning a bus adds all
// its functions, device and function number ascending, before anything below a bridge; then each
// bridge in the same order has its bus scanned in the same way. Drivers may bind only later, when
// the whole tree is there, but in that order too. Virtual functions come last: somebody asks the
// physical function's driver for them.

import { compatibleOf, type FdtNode, isAvailable, propertyOf } from '../../firmware/fdt/index.ts';
import { type PciConfig, parsePciConfig } from '../../firmware/pci/index.ts';
import { FormatError, type Writable } from '../../util/index.ts';
import type { AcpiIdentity, AcpiPorts, MachineDevice, PciFunction, PciRoot } from '../machine.ts';
import { type PciAddress, parsePciName, pciName, requesterId, rootBusName } from './pci-names.ts';
import { type Emulated, emulatedDomains, isEmulated } from './vmd.ts';

/** One captured function. */
interface Found extends PciAddress {
  readonly name: string;
  readonly config: PciConfig | null;
}

/** A bus to be scanned, and what is known about it. */
interface Bus {
  readonly number: number;
  readonly path: string;
  readonly of_node: FdtNode | null;
  readonly dma_node: FdtNode | null;
  readonly acpi: AcpiIdentity | null;
  readonly bridge: MachineDevice | null;
  readonly ports?: AcpiPorts | undefined;
  readonly physfn?: MachineDevice;
  readonly emulated?: Emulated | undefined;
  readonly isStray?: boolean;
}

/** The captured functions as devices, each below the host bridge of its segment. */
export function createPciDevices(
  captured: ReadonlyMap<string, Uint8Array>,
  hosts: readonly PciRoot[],
  notes: string[],
): MachineDevice[] {
  const found = readAll(captured, notes);
  const virtual = virtualFunctions(found);
  const waiting = new Map<number, Map<number, Found[]>>();
  for (const fn of found) {
    if (virtual.has(fn)) continue;
    const buses = entry(waiting, fn.segment, () => new Map<number, Found[]>());
    entry(buses, fn.bus, () => []).push(fn);
  }

  const created = new Map<Found, MachineDevice>();
  for (const host of hosts) {
    const buses = waiting.get(host.segment);
    if (buses !== undefined) scan(created, buses, rootBus(host, host.segment, host.bus_range[0]));
  }
  let emulated: ReadonlyMap<number, Emulated> | null = null;
  for (const [segment, buses] of waiting) {
    if (isEmulated(segment)) {
      const ordered = hosts.length > 0 && hosts.every(({ acpi }) => acpi?.fwnode != null);
      emulated ??= emulatedDomains([...waiting.keys()], created.values(), ordered);
    }
    const domain = emulated?.get(segment);
    for (const bus of [...buses.keys()]) {
      if (!buses.has(bus)) continue;
      if (domain !== undefined && domain.root !== null) {
        scan(created, buses, { ...rootBus(domain.root, segment, bus), emulated: domain });
        continue;
      }
      const host = hosts.find((candidate) => candidate.segment === segment) ?? null;
      const where = host === null ? 'no host bridge has its segment' : 'no bridge leads to it';
      notes.push(`PCI bus ${rootBusName(segment, bus)}: taken for a root bus, because ${where}`);
      const isStray = host !== null && host.isAssumed !== true;
      scan(created, buses, { ...rootBus(host, segment, bus), emulated: domain, isStray });
    }
  }
  for (const [fn, physical] of virtual) {
    const parent = created.get(physical);
    if (parent !== undefined) created.set(fn, besides(parent, fn));
  }
  return [...created.values()];
}

/** Parsed and sorted by segment, bus, device and function. */
function readAll(captured: ReadonlyMap<string, Uint8Array>, notes: string[]): Found[] {
  const found: Found[] = [];
  const cut: string[] = [];
  for (const [key, bytes] of captured) {
    const address = parsePciName(key);
    const name = pciName(address);
    found.push({ ...address, name, config: readConfig(name, bytes, notes) });
    if (isCut(bytes, found.at(-1)?.config ?? null)) cut.push(name);
  }
  if (cut.length > 0) {
    const others = cut.length === 1 ? '' : ` and ${cut.length - 1} more`;
    notes.push(
      `only the header of ${cut[0]}${others} could be read, as without root: PCI Express and ACS are not seen, and groups may be wrong`,
    );
  }
  return found.sort((a, b) => a.segment - b.segment || requesterId(a) - requesterId(b));
}

/** Whether it ends before the capabilities that it has: zeros at the end are left out, never those. */
function isCut({ length }: Uint8Array, config: PciConfig | null): boolean {
  return config?.capabilities.some(({ offset }) => offset >= length) ?? false;
}

function readConfig(name: string, bytes: Uint8Array, notes: string[]): PciConfig | null {
  try {
    return parsePciConfig(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (error.problem.code !== 'pci/no-function') {
      error.file ??= name;
      throw error;
    }
    notes.push(`${name}: did not answer when its configuration space was read`);
    return null;
  }
}

/** Each virtual function with its physical one, in the order in which they are enabled. */
function virtualFunctions(found: readonly Found[]): Map<Found, Found> {
  const byName = new Map(found.map((fn) => [fn.name, fn]));
  const virtual = new Map<Found, Found>();
  for (const physical of found) {
    const sriov = physical.config?.sriov ?? null;
    if (sriov === null) continue;
    for (let index = 0; index < Math.min(sriov.num_vfs, sriov.total_vfs); index++) {
      const id = requesterId(physical) + sriov.first_vf_offset + index * sriov.vf_stride;
      if (id > 0xffff) break;
      const name = pciName({ segment: physical.segment, bus: id >> 8, devfn: id & 0xff });
      const fn = byName.get(name);
      // Its own space has no IDs; where it has some, the count is left over from earlier.
      if (fn?.config?.vendor_id === 0xffff && !virtual.has(fn)) virtual.set(fn, physical);
    }
  }
  return virtual;
}

/** Create what is on the bus, then what is behind its bridges; take it off `buses`. */
function scan(created: Map<Found, MachineDevice>, buses: Map<number, Found[]>, bus: Bus): void {
  const functions = buses.get(bus.number) ?? [];
  buses.delete(bus.number);
  const devices = functions.map((fn) => {
    const device = createFunction(fn, bus);
    created.set(fn, device);
    return { fn, device };
  });
  for (const { fn, device } of devices) {
    const secondary = fn.config?.secondary_bus ?? null;
    // Bus numbers grow downwards; what does not is not configured yet.
    if (secondary === null || secondary <= bus.number) continue;
    scan(created, buses, {
      number: secondary,
      path: device.path,
      of_node: device.of_node,
      dma_node: bus.dma_node,
      acpi: bus.acpi,
      bridge: device,
      emulated: bus.emulated,
      ports: device.pci?.port?.ports,
    });
  }
}

function rootBus(host: PciRoot | null, segment: number, number: number): Bus {
  const parent = host === null ? 'devices' : host.path;
  const of_node = host === null ? null : host.of_node;
  const first = number === host?.bus_range[0];
  return {
    number,
    path: `${parent}/pci${rootBusName(segment, number)}`,
    of_node: first ? of_node : null,
    dma_node: of_node,
    acpi: host?.acpi ?? null,
    bridge: null,
    ports: first ? host?.ports : undefined,
  };
}

function createFunction(fn: Found, bus: Bus): MachineDevice {
  const of_node = childNode(bus.of_node, fn.devfn);
  const port = bus.ports?.get(fn.devfn);
  const { real_dma_dev, assumes } = bus.emulated ?? {};
  const pci: Writable<PciFunction> = {
    ...(bus.isStray === true ? { isStray: true } : {}),
    segment: fn.segment,
    bus: fn.bus,
    devfn: fn.devfn,
    config: fn.config,
    bridge: bus.bridge,
  };
  if (port !== undefined) pci.port = port;
  if (real_dma_dev !== undefined) pci.real_dma_dev = real_dma_dev;
  if (bus.physfn !== undefined) pci.physfn = bus.physfn;
  const device: Writable<MachineDevice> = {
    name: fn.name,
    bus: 'pci',
    path: `${bus.path}/${fn.name}`,
    of_node,
    dma_node: bus.dma_node,
    compatible: of_node === null ? [] : compatibleOf(of_node),
    pci,
    assumed: false,
  };
  if (bus.acpi !== null) device.acpi = bus.acpi;
  if (assumes !== undefined) device.assumes = assumes;
  return device;
}

/** A virtual function is on its physical one's bus, or on one that has no bridge of its own. */
function besides(physical: MachineDevice, fn: Found): MachineDevice {
  return createFunction(fn, {
    number: fn.bus,
    path: physical.path.slice(0, physical.path.lastIndexOf('/')),
    of_node: null,
    dma_node: physical.dma_node,
    acpi: physical.acpi ?? null,
    bridge: physical.pci?.bridge ?? null,
    physfn: physical,
    emulated: { root: null, ...sharedBy(physical) },
  });
}

/** What a virtual function has of its physical one. */
function sharedBy({ pci, assumes }: MachineDevice): Partial<Emulated> {
  return {
    ...(pci?.real_dma_dev === undefined ? {} : { real_dma_dev: pci.real_dma_dev }),
    ...(assumes === undefined ? {} : { assumes }),
  };
}

/** The node that describes a function below its bus's node (PCI bus binding, 4.1.1). */
export function childNode(bus: FdtNode | null, devfn: number): FdtNode | null {
  for (const node of bus?.children ?? []) {
    if (devfnOf(node) === devfn) return node;
    if (node.name.split('@')[0] === 'multifunc-device') {
      const inner = node.children.find((child) => devfnOf(child) === devfn);
      if (inner !== undefined) return inner;
    }
  }
  return null;
}

/** What has a node below its bus's and is not disabled, by device and function number. */
export function* describedFunctions(bus: FdtNode): Generator<[number, FdtNode]> {
  for (const node of bus.children) {
    if (!isAvailable(node)) continue;
    const devfn = devfnOf(node);
    if (devfn !== null) yield [devfn, node];
    if (node.name.split('@')[0] === 'multifunc-device') yield* describedFunctions(node);
  }
}

/** Device and function number in a PCI node's `reg`, null when it has no whole entry. */
export function devfnOf(node: FdtNode): number | null {
  const reg = propertyOf(node, 'reg');
  if (reg === undefined || reg.value.length < 20) return null;
  return reg.value[2] ?? null;
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
