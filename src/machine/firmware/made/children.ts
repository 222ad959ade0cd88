// Devices that drivers make in their probe, of the nodes below that of their own device.

import {
  baseName,
  cells,
  compatibleOf,
  type FdtNode,
  isAvailable,
} from '../../../firmware/fdt/index.ts';
import type { HostBridge, MachineDevice, Making } from '../../machine.ts';
import { createDevice, createWithChildren, type Progress } from '../platform.ts';
import { busNodes, matches } from '../tables.ts';
import { type MakingDriver, makingDriverElsewhere, makingDriverOf } from './drivers.ts';

/** Add what the drivers of devices make, and the drivers of what these make, and so on. */
export function createMadeDevices(progress: Progress): void {
  for (const by of progress.devices) {
    if (by.of_node === null) continue;
    const driver = makingDriverOf(by.of_node);
    if (driver !== null) {
      const made = makingBy(by, driver, null);
      if (driver.name === 'tegra-host1x') createContexts(progress, by.of_node, made);
      createBelow(progress, by.of_node, driver, made);
    }
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

/** More would not fit into memory, or into a page of answers. */
const mostContexts = 1024;

/** One for each row of its map, in v7.3 one for each ID. @linux drivers/gpu/host1x/context.c host1x_memory_context_list_init */
function createContexts(progress: Progress, node: FdtNode, made: Making): void {
  const map = node.properties.get('iommu-map');
  if (map === undefined || map.value.length % 4 !== 0) return;
  const lengths = cells(map).filter((_, i) => i % 4 === 3);
  const ids = lengths.reduce((sum, length) => sum + length, 0);
  const most = Math.max(lengths.length, ids);
  for (let map_id = 0; map_id < Math.min(most, mostContexts); map_id++) {
    const name = `host1x-ctx.${map_id}`;
    progress.devices.push({
      name,
      bus: 'host1x-context',
      path: `${made.by.path}/${name}`,
      of_node: null,
      dma_node: node,
      map_id,
      compatible: [],
      pci: null,
      made: map_id < lengths.length ? made : { ...made, since: 'v7.3' },
      assumed: false,
    });
  }
  if (most > mostContexts)
    progress.notes.push(`${node.path}: of its ${most} memory contexts the first ${mostContexts}`);
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

/** Clients of IOMMUs that no driver is known to make a device of, by the device that they are below. */
export function notesOfUnmade(
  root: FdtNode,
  devices: readonly MachineDevice[],
  hosts: readonly HostBridge[],
): string[] {
  const made = new Set(devices.flatMap(({ of_node }) => (of_node === null ? [] : [of_node])));
  const bridges = new Set(hosts.map(({ device }) => device.of_node));
  const left = new Map<FdtNode, { unmade: FdtNode[]; nameless: FdtNode[] }>();
  const visit = (node: FdtNode, above: FdtNode, named: boolean): void => {
    if (!isAvailable(node)) return;
    const isMade = made.has(node);
    const says = isMade || (named && node.properties.has('compatible'));
    if (!isMade && node.properties.has('iommus')) {
      const lists = left.get(above) ?? { unmade: [], nameless: [] };
      left.set(above, lists);
      const entered = above === root || matches(above, busNodes);
      (entered && !says ? lists.nameless : lists.unmade).push(node);
    }
    for (const child of node.children) visit(child, isMade ? node : above, says || node === root);
  };
  visit(root, root, true);
  return [...left].flatMap(([above, { unmade, nameless }]) => {
    const notes: string[] = [];
    if (nameless.length > 0)
      notes.push(
        `${above.path}: without compatible, there or on the way, no device is made of ${listed(nameless)}`,
      );
    if (unmade.length === 0) return notes;
    if (bridges.has(above))
      return [...notes, `${above.path}: no PCI function is seen for ${listed(unmade)}`];
    const [compatible] = compatibleOf(above);
    const driver =
      above === root || compatible === undefined ? 'driver' : `driver of ${compatible}`;
    const what = unmade.length === 1 ? 'a device' : 'devices';
    notes.push(`${above.path}: no ${driver} is known that would make ${what} of ${listed(unmade)}`);
    return notes;
  });
}

function listed(nodes: readonly FdtNode[]): string {
  return nodes.map(({ path }) => path).join(', ');
}
