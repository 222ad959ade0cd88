// Which devices are PCI host bridges, and which segment and buses each has (drivers/pci/of.c).

import { cells, type FdtNode, propertyOf } from '../../firmware/fdt/index.ts';
import type { HostBridge, MachineDevice } from '../machine.ts';
import { textOf } from './text.ts';

/** Every bus number a segment can have. */
const allBuses: readonly [number, number] = [0, 0xff];

/**
 * The host bridges among `devices`, in the order in which their drivers find them. Segments that
 * the tree fixes are reserved first, for available nodes or not; the others get the lowest free.
 */
export function findHostBridges(
  nodes: Iterable<FdtNode>,
  devices: readonly MachineDevice[],
  notes: string[],
): HostBridge[] {
  const reserved = new Set<number>();
  for (const node of nodes) {
    const segment = isPci(node) ? fixedSegment(node) : null;
    if (segment !== null) reserved.add(segment);
  }
  const used = new Set<number>();
  const hosts: HostBridge[] = [];
  for (const device of devices) {
    if (device.bus !== 'platform' || device.of_node === null || !isPci(device.of_node)) continue;
    const fixed = fixedSegment(device.of_node);
    if (fixed !== null && used.has(fixed)) {
      notes.push(`${device.of_node.path}: not scanned, because segment ${fixed} is taken`);
      continue;
    }
    const segment = fixed ?? lowestFree(reserved);
    reserved.add(segment);
    used.add(segment);
    hosts.push({ device, segment, bus_range: busRange(device.of_node) });
  }
  return hosts;
}

function isPci(node: FdtNode): boolean {
  return textOf(node, 'device_type') === 'pci';
}

/** `linux,pci-domain`, of which the kernel keeps 16 bits. */
function fixedSegment(node: FdtNode): number | null {
  const [segment] = firstCells(node, 'linux,pci-domain', 1) ?? [];
  return segment === undefined ? null : segment & 0xffff;
}

/** The first and the last bus of a bridge, all of them where its node does not say. */
export function busRange(node: FdtNode): readonly [number, number] {
  const [first, last] = firstCells(node, 'bus-range', 2) ?? [];
  if (first === undefined || last === undefined) return allBuses;
  return first > last || first > 0xff ? allBuses : [first, Math.min(last, 0xff)];
}

/** The first cells of a property, null when it is absent or too short. */
function firstCells(node: FdtNode, name: string, count: number): number[] | null {
  const prop = propertyOf(node, name);
  if (prop === undefined || prop.value.length < 4 * count) return null;
  return cells({ ...prop, value: prop.value.subarray(0, 4 * count) });
}

function lowestFree(taken: ReadonlySet<number>): number {
  let segment = 0;
  while (taken.has(segment)) segment++;
  return segment;
}
