import type { Task, World } from '../../explore/index.ts';
import type { DmarDrhd } from '../../firmware/index.ts';
import {
  type Build,
  bus_type,
  type Design,
  device,
  device_driver,
  drhdsOf,
  type errno,
  type IommuDriver,
  type IommuHardware,
  type iommu_device,
  iommuDriverOf,
  iommuDriverOfTable,
  iommuDriverOfUnits,
  type Kconfig,
  type kernel,
  makeKernel,
  unregisterInstance,
} from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import { registersAt } from '../firmware/kernel-log.ts';
import type { Machine, MachineDevice, Units } from '../machine.ts';
import { PciTopology } from './pci-topology.ts';

/** A kernel with a machine's devices and drivers in it, none of them added or bound yet. */
export interface Built {
  readonly k: kernel;
  /** In the machine's order; without the units that are no devices. */
  readonly devices: ReadonlyMap<MachineDevice, device>;
}

/** The driver of a device that is nothing but a client of DMA: it takes the device and is content. */
function* clientProbe(_k: kernel, _dev: device): Task<errno> {
  return 0;
}

/** The IOMMU drivers that bind to devices of a machine. */
export type Bindings = ReadonlyMap<MachineDevice, IommuDriver>;

export function bindingsOf(machine: Machine, build: Build): Bindings {
  const bindings = new Map<MachineDevice, IommuDriver>();
  for (const of of machine.devices) {
    const driver = bindingOf(machine, of, build);
    if (driver !== null) bindings.set(of, driver);
  }
  return bindings;
}

/** The IOMMU driver that binds to a device, or null. */
export function bindingOf(machine: Machine, of: MachineDevice, build: Build): IommuDriver | null {
  if (machine.units?.scopes.has(of) === true) return iommuDriverOfUnits(machine.units.table, build);
  if (of.of_node !== null) return iommuDriverOf(of.of_node, build);
  const node = nodesOf(machine).get(of.acpi?.fwnode);
  return node === undefined ? null : iommuDriverOfTable(node, build);
}

type TableNode = Parameters<typeof iommuDriverOfTable>[0];

const known = new WeakMap<Machine, ReadonlyMap<unknown, TableNode>>();

/** The nodes of tables by what Linux makes of them; the first of several counts. */
function nodesOf(machine: Machine): ReadonlyMap<unknown, TableNode> {
  let nodes = known.get(machine);
  if (nodes === undefined) {
    nodes = new Map([...(machine.acpi?.fwnodes ?? [])].reverse().map(([node, of]) => [of, node]));
    known.set(machine, nodes);
  }
  return nodes;
}

function driverOf(k: kernel, { name, probe, statics }: IommuDriver): device_driver {
  let driver = k.iommu_drivers.get(name);
  if (driver === undefined) {
    driver = new device_driver(k.world, `${name} driver`, probe, {
      remove: unregisterInstance,
    });
    if (statics !== undefined) driver.statics = new statics(k.world, name);
    k.iommu_drivers.set(name, driver);
  }
  return driver;
}

/**
 * Build a kernel for a machine. Every device gets a driver: the IOMMU driver that binds to its
 * node, or one that stands for whatever client driver it has.
 *
 * @param label how traces call a device
 * @param bindings what {@link bindingsOf} says, for those who build the same machine many times
 */
export function buildKernel(
  world: World,
  design: Design,
  config: Kconfig,
  machine: Machine,
  label: (of: MachineDevice) => string = (of) => of.name,
  bindings: Bindings = bindingsOf(machine, { design, config }),
): Built {
  const k = makeKernel(world, design, config, machine.fdt, machine.acpi);
  const buses = new Map<string, bus_type>();
  for (const name of ['platform', 'pci', 'amba', 'fsl-mc', 'host1x-context', 'cdx'] as const) {
    // The IOMMU core knows every bus; one without devices is as good as absent.
    if (name !== 'platform' && !machine.devices.some(({ bus }) => bus === name)) continue;
    const bus = new bus_type(world, name);
    buses.set(name, bus);
    k.iommu_buses.push(bus);
  }
  const platform = present(buses.get('platform'), 'the platform bus');
  const client = new device_driver(world, 'client driver', clientProbe);
  const topology = new PciTopology(machine);
  const devices = new Map<MachineDevice, device>();
  for (const of of machine.devices) {
    const iommu = bindings.get(of) ?? null;
    const dev = new device(world, label(of), {
      name: of.name,
      bus: buses.get(of.bus) ?? platform,
      fwnode: of.of_node ?? of.acpi?.fwnode ?? null,
      dma_node: of.dma_node,
      dma_companion: of.acpi?.dma_companion ?? null,
      pci: of.pci === null ? null : topology.functionOf(of),
      dma_id: of.map_id ?? null,
      matches: iommu === null ? client : driverOf(k, iommu),
    });
    devices.set(of, dev);
    if (of.container !== undefined) dev.container = devices.get(of.container) ?? null;
    if (iommu !== null) {
      const hardware = { ...machine.emulation?.[iommu.name], ...machine.hardware?.get(of.name) };
      k.instances.set(dev, new iommu.instance(world, `${of.name} instance`, dev, hardware));
    }
  }
  if (machine.units !== undefined) addUnits(k, machine, machine.units, devices, platform);
  return { k, devices };
}

/** The units of a table, unless their driver is not configured. */
function addUnits(
  k: kernel,
  machine: Machine,
  { table, scopes }: Units,
  devices: Built['devices'],
  bus: bus_type,
): void {
  const driver = iommuDriverOfUnits(table, k);
  if (driver === null) return;
  driverOf(k, driver);
  const instances: iommu_device[] = [];
  const drhds = table === 'dmar' && k.acpi?.dmar ? drhdsOf(k.acpi.dmar) : [];
  for (const [unit, scope] of scopes) {
    const dev =
      devices.get(unit) ?? new device(k.world, unit.name, { ...nobody, name: unit.name, bus });
    let instance = k.instances.get(dev);
    if (instance === undefined) {
      const hardware = hardwareOf(machine, unit.name, drhds[instances.length]);
      instance = new driver.instance(k.world, `${unit.name} instance`, dev, hardware);
      k.instances.set(dev, instance);
      instances.push(instance);
    }
    for (const of of scope) k.scopes.set(present(devices.get(of), of.name), instance);
  }
  k.units = { driver, instances };
}

/** A unit is known by its name, or by where its registers are. */
function hardwareOf(
  { hardware }: Machine,
  name: string,
  drhd: DmarDrhd | undefined,
): IommuHardware | undefined {
  const known = hardware?.get(name);
  if (known !== undefined || drhd === undefined) return known;
  return hardware?.get(registersAt(drhd.base_address));
}

/** What firmware and the buses know of a unit that is no device. */
const nobody = { fwnode: null, dma_node: null, dma_companion: null, pci: null, matches: null };
