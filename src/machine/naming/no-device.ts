// Why Linux makes no device of a node of the devicetree.

import { compatibleOf, type FdtNode, isAvailable, propertyOf } from '../../firmware/index.ts';
import { makingDriverElsewhere, makingDriverOf } from '../firmware/made/drivers.ts';
import { devfnOf } from '../firmware/pci.ts';
import { busNodes, isTakenEarly, matches, skippedNodes } from '../firmware/tables.ts';
import { textOf } from '../firmware/text.ts';
import type { Machine, Making } from '../machine.ts';

/** The first reason, from the root down. */
export function whyNoDevice(machine: Machine, node: FdtNode): string {
  if (node.parent === null) return 'it is the machine';
  const note = machine.notes.find((text) => text.startsWith(`${node.path}: no `));
  if (note !== undefined) return note.slice(node.path.length + 2);
  const disabled = ancestry(node).find((at) => !isAvailable(at));
  if (disabled !== undefined) {
    const status = `status "${textOf(disabled, 'status')}"`;
    return disabled === node ? `it has ${status}` : `${disabled.path} above it has ${status}`;
  }
  const own = propertyOf(node, 'compatible') === undefined ? 'it has no compatible' : null;
  return whyNotBelow(machine, node) ?? own ?? whyNotItself(node);
}

/** From just below the root to the node. */
function ancestry(node: FdtNode): FdtNode[] {
  const nodes: FdtNode[] = [];
  for (let at = node; at.parent !== null; at = at.parent) nodes.unshift(at);
  return nodes;
}

/** A node above it whose children Linux does not make devices of by itself. */
function whyNotBelow({ hostBridges, devices }: Machine, node: FdtNode): string | null {
  for (const above of ancestry(node).slice(0, -1)) {
    const host = hostBridges.find(({ device }) => device.of_node === above);
    if (host !== undefined) {
      const devfn = node.parent === above ? devfnOf(node) : null;
      const place = devfn === null ? '' : ` at ${(devfn >> 3).toString(16)}.${devfn & 7}`;
      return `it describes a function below the PCI host bridge ${above.path}, and the input shows none${place}`;
    }
    if (isChildOfRoot(above) && above.name === 'firmware') continue;
    if (propertyOf(above, 'compatible') === undefined)
      return `${above.path} above it has no compatible, and Linux does not look below`;
    if (makingDriverOf(above) !== null || makingDriverElsewhere(above) !== null) continue;
    const made = devices.find(({ of_node }) => of_node === above)?.made;
    if (made !== undefined && !entersBuses(made))
      return `${made.driver} makes a device of ${above.path} above it and does not look below`;
    if (matches(above, busNodes)) continue;
    const what = compatibleOf(above)[0] ?? 'of no kind';
    return `${above.path} above it, ${what}, is no bus that Linux enters by itself (${busNodes.join(', ')}): a driver of it may make the device, and none is known that does`;
  }
  return null;
}

function entersBuses({ by, through }: Making): boolean {
  const node = through ?? by.of_node;
  const driver = node && (makingDriverOf(node) ?? makingDriverElsewhere(node));
  return driver !== null && driver.buses.length > 0;
}

function isChildOfRoot({ parent }: FdtNode): boolean {
  return parent?.parent === null;
}

function whyNotItself(node: FdtNode): string {
  if (isTakenEarly(node)) return 'the kernel sets it up by itself, before there are devices';
  if (matches(node, skippedNodes))
    return `what is ${compatibleOf(node)[0]} is data, never a device`;
  return 'Linux makes none of it';
}
