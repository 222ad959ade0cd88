import { compatibleOf, type Fdt, nodesOf } from '../../firmware/fdt/index.ts';
import { EINVAL, type IommuHardware, iommuDrivers } from '../../linux/index.ts';
import type { HostBridge, Machine, MachineDevice, PciRoot } from '../machine.ts';
import { hasResource } from './address.ts';
import { assumePciDevices } from './assumed.ts';
import { findHostBridges } from './host-bridges.ts';
import { emulatedByQemu, isTreeOfQemu } from './hypervisor.ts';
import { createMadeDevices, notesOfUnmade } from './made/children.ts';
import { notesOfOtherBuses } from './made/other-buses.ts';
import { createPciDevices } from './pci.ts';
import { createPlatformDevices } from './platform.ts';
import { textOf } from './text.ts';

/**
 * What Linux makes of a devicetree, and of the PCI functions found by scanning: `pci` has their
 * configuration space by name (`0000:00:01.0`). Without any, functions are assumed.
 */
export function machineFromDevicetree(fdt: Fdt, pci: ReadonlyMap<string, Uint8Array>): Machine {
  const platform = createPlatformDevices(fdt.root);
  createMadeDevices(platform);
  const notes = [...platform.notes];
  const hostBridges = findHostBridges(nodesOf(fdt.root), platform.devices, notes);
  const functions =
    pci.size > 0
      ? createPciDevices(pci, hostBridges.map(rootOf), notes)
      : assumePciDevices(fdt, hostBridges, notes);
  const devices = [...platform.devices, ...functions];
  notes.push(...notesOfUnmade(fdt.root, devices, hostBridges));
  notes.push(...notesOfOtherBuses(fdt, platform.devices, hostBridges));
  return {
    firmware: 'devicetree',
    model: textOf(fdt.root, 'model'),
    compatible: compatibleOf(fdt.root),
    fdt,
    bootargs: bootargsOf(fdt),
    ...(isTreeOfQemu(fdt.root) ? { emulation: emulatedByQemu(devices) } : {}),
    hardware: withoutRegisters(platform.devices),
    devices,
    hostBridges,
    notes,
  };
}

/** SMMUs without a resource for their registers: the first thing that their drivers ask for. */
function withoutRegisters(devices: readonly MachineDevice[]): ReadonlyMap<string, IommuHardware> {
  const smmus = iommuDrivers
    .filter(({ name }) => name === 'arm-smmu' || name === 'arm-smmu-v3')
    .flatMap(({ compatible }) => compatible);
  const without = devices.filter(
    ({ of_node, compatible }) =>
      of_node !== null && compatible.some((name) => smmus.includes(name)) && !hasResource(of_node),
  );
  return new Map(without.map(({ name }) => [name, { probeErrno: -EINVAL }]));
}

/** The kernel's command line, where the boot loader left it. */
export function bootargsOf({ root }: Fdt): string {
  const chosen = root.children.find(({ name }) => name === 'chosen' || name === 'chosen@0');
  return chosen === undefined ? '' : textOf(chosen, 'bootargs');
}

function rootOf({ device: { path, of_node }, segment, bus_range }: HostBridge): PciRoot {
  return { segment, bus_range, path, of_node };
}
