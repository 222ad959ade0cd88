// Devices that drivers make in their probe, of the nodes below that of their own device.

import { baseName, compatibleOf, type FdtNode, isAvailable } from '../../../firmware/fdt/index.ts';
import type { HostBridge, MachineDevice, Making } from '../../machine.ts';
import { createDevice, createWithChildren, type Progress } from '../platform.ts';
import { type MakingDriver, makingDriverElsewhere, makingDriverOf } from './drivers.ts';

/** Add what the drivers of devices make, and the drivers of what these make, and so on. */
export function createMadeDevices(progress: Progress): void {
  for (const by of progress.devices) {
    if (by.of_node === null) continue;
    const driver = makingDriverOf(by.of_node);
    if (driver !== null) createBelow(progress, by.of_node, driver, makingBy(by, driver, null));
    for (const child of by.of_node.children) createElsewhere(progress, child, by);
  }
}

/** A node below a device that is itself one of a bus that is not modelled, whose driver makes some. */
function createElsewhere(progress: Progress, node: FdtNode, by: MachineDevice): void {
  if (!isAvailable(node) || progress.populated.has(node)) return;
  const driver = makingDriverElsewhere(node);
  if (driver !== null) createBelow(progress, node, driver, makingBy(by, driver, node));
  for (const child of node.children) createElsewhere(progress, child, by);
}

function makingBy(
  by: MachineDevice,
  { name, since }: MakingDriver,
  through: FdtNode | null,
): Making {
  return { by, driver: name, since, through };
}

function createBelow(
  progress: Progress,
  node: FdtNode,
  { buses, named }: MakingDriver,
  made: Making,
): void {
  for (const child of node.children) {
    // platform_device_register_full() of a name and no number, which is number 0.
    const name = baseName(child);
    if (name === named) createDevice(progress, child, 'platform', made.by, made, `${name}.0`);
    else createWithChildren(progress, child, buses, made.by, made);
  }
}

/** Devices with a map of IDs for what their driver makes on a bus that is not modelled. */
export function notesOfOtherBuses(
  devices: readonly MachineDevice[],
  hosts: readonly HostBridge[],
): string[] {
  const bridges = new Set(hosts.map(({ device }) => device));
  const notes: string[] = [];
  for (const of of devices) {
    if (of.pci !== null || bridges.has(of) || of.of_node === null) continue;
    if (!of.of_node.properties.has('iommu-map')) continue;
    const known = otherBuses.find(([names]) => of.compatible.some((name) => names.test(name)));
    const what = known?.[1] ?? 'what its driver makes on a bus of its own';
    notes.push(`${of.of_node.path}: it has iommu-map, but ${what} is not shown`);
  }
  return notes;
}

const otherBuses: readonly (readonly [compatible: RegExp, what: string])[] = [
  [/^fsl,qoriq-mc$/, 'what fsl_mc_bus makes, dprc.1 and those of its objects,'],
  [/^nvidia,tegra\d+-host1x$/, 'what host1x makes for each entry, host1x-ctx.0 and so on,'],
  [/^nvidia,tegra\d+-gpcdma$/, 'a channel of DMA with an ID of its own'],
  [/^xlnx,versal-net-cdx$/, 'what the cdx bus makes of what its controller lists'],
];

/** Clients of IOMMUs that no driver is known to make a device of, by the device that they are below. */
export function notesOfUnmade(
  root: FdtNode,
  devices: readonly MachineDevice[],
  hosts: readonly HostBridge[],
): string[] {
  const made = new Set(devices.flatMap(({ of_node }) => (of_node === null ? [] : [of_node])));
  const bridges = new Set(hosts.map(({ device }) => device.of_node));
  const left = new Map<FdtNode, FdtNode[]>();
  const visit = (node: FdtNode, above: FdtNode): void => {
    if (!isAvailable(node)) return;
    if (!made.has(node) && node.properties.has('iommus')) {
      const nodes = left.get(above);
      if (nodes === undefined) left.set(above, [node]);
      else nodes.push(node);
    }
    for (const child of node.children) visit(child, made.has(node) ? node : above);
  };
  visit(root, root);
  return [...left].map(([above, nodes]) => {
    const paths = nodes.map(({ path }) => path).join(', ');
    const what = nodes.length === 1 ? 'a device' : 'devices';
    if (bridges.has(above)) return `${above.path}: no PCI function is seen for ${paths}`;
    const [compatible] = compatibleOf(above);
    const driver =
      above === root || compatible === undefined ? 'driver' : `driver of ${compatible}`;
    return `${above.path}: no ${driver} is known that would make ${what} of ${paths}`;
  });
}
