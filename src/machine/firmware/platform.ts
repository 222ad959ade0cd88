// Platform and AMBA devices in the order in which Linux creates them at arch_initcall_sync
// (of_platform_default_populate_init): reserved memory with a driver, the children of /firmware,
// the boot framebuffer, then the tree from the root, entering nothing but bus nodes.

import {
  baseName,
  cells,
  compatibleOf,
  type FdtNode,
  isAvailable,
  nodesOf,
  propertyOf,
} from '../../firmware/fdt/index.ts';
import type { Writable } from '../../util/index.ts';
import type { MachineDevice, Making } from '../machine.ts';
import { hasResource, physicalAddress } from './address.ts';
import { busNodes, isTakenEarly, matches, reservedMemoryNodes, skippedNodes } from './tables.ts';

/** What is known while devices are being created. */
export interface Progress {
  readonly devices: MachineDevice[];
  readonly notes: string[];
  readonly names: Set<string>;
  /** Nodes that are a device already, or will never be one. */
  readonly populated: Set<FdtNode>;
  /** Nodes whose children have had their turn. */
  readonly populatedBuses: Set<FdtNode>;
}

/** The devices that Linux creates from the tree below `root`, before there are drivers. */
export function createPlatformDevices(root: FdtNode): Progress {
  const [, ...all] = nodesOf(root);
  const progress: Progress = {
    devices: [],
    notes: [],
    names: new Set(),
    populated: new Set(all.filter(isTakenEarly)),
    populatedBuses: new Set(),
  };
  for (const node of all) {
    if (matches(node, reservedMemoryNodes)) createDevice(progress, node, 'platform', null);
  }
  const firmware = root.children.find(({ name }) => name === 'firmware');
  if (firmware !== undefined) populate(progress, firmware, []);
  const framebuffer = root.children
    .find(({ name }) => name === 'chosen' || name === 'chosen@0')
    ?.children.find((node) => matches(node, ['simple-framebuffer']));
  if (framebuffer !== undefined) createDevice(progress, framebuffer, 'platform', null);
  populate(progress, root, busNodes);
  return progress;
}

function populate(progress: Progress, parent: FdtNode, buses: readonly string[]): void {
  for (const child of parent.children) createWithChildren(progress, child, buses, null);
  progress.populatedBuses.add(parent);
}

/** The device of a node, and those of its children where it is one of these buses. */
export function createWithChildren(
  progress: Progress,
  node: FdtNode,
  buses: readonly string[],
  parent: MachineDevice | null,
  made?: Making,
): void {
  if (!node.properties.has('compatible') || matches(node, skippedNodes)) return;
  if (progress.populatedBuses.has(node)) return;
  if (matches(node, ['arm,primecell'])) {
    createDevice(progress, node, 'amba', parent, made);
    return;
  }
  const device = createDevice(progress, node, 'platform', parent, made);
  if (device === null || !matches(node, buses)) return;
  for (const child of node.children) createWithChildren(progress, child, buses, device, made);
  progress.populatedBuses.add(node);
}

/** Null when there is none, or one already. */
export function createDevice(
  progress: Progress,
  node: FdtNode,
  bus: 'platform' | 'amba',
  parent: MachineDevice | null,
  made?: Making,
  name: string = deviceName(node),
): MachineDevice | null {
  if (!isAvailable(node) || progress.populated.has(node)) return null;
  if (bus === 'amba' && !hasResource(node)) {
    progress.notes.push(`${node.path}: no AMBA device, because it has no usable address`);
    return null;
  }
  const path = `${parent?.path ?? 'devices/platform'}/${name}`;
  const names = [path, `${bus}:${name}`];
  if (names.some((taken) => progress.names.has(taken))) {
    progress.notes.push(`${node.path}: no device, because another one has the name ${name}`);
    return null;
  }
  for (const taken of names) progress.names.add(taken);
  progress.populated.add(node);
  const compatible = compatibleOf(node);
  const device: Writable<MachineDevice> = {
    name,
    bus,
    path,
    of_node: node,
    dma_node: node,
    compatible,
    pci: null,
    assumed: false,
  };
  if (made !== undefined) device.made = made;
  progress.devices.push(device);
  return device;
}

/**
 * The name Linux gives to the device of a node: physical address and node name. Without an address
 * the full node name, and before it that of each parent, up to the first one with an address.
 */
export function deviceName(node: FdtNode): string {
  let name = '';
  for (let at = node; at.parent !== null; at = at.parent) {
    const rest = name === '' ? '' : `:${name}`;
    const address = physicalAddress(at);
    if (address !== null) {
      return `${address.toString(16)}.${maskPart(at)}${baseName(at)}${rest}`;
    }
    name = `${at.name}${rest}`;
  }
  return name;
}

/** Devices that share a register are told apart by the lowest bit of their `mask`. */
function maskPart(node: FdtNode): string {
  const prop = propertyOf(node, 'mask');
  if (prop === undefined || prop.value.length < 4) return '';
  const [mask = 0] = cells({ ...prop, value: prop.value.subarray(0, 4) });
  const lowestBit = mask === 0 ? -1 : 31 - Math.clz32(mask & -mask);
  return `${(lowestBit >>> 0).toString(16)}.`;
}
