// Which PCI function a region of configuration space is in (ACPI 6.5, 5.5.2.4), as ACPICA finds it.

import type { Functions } from '../tree/around.ts';
import type { AmlNode } from '../tree/node.ts';
import { type AmlValue, amlValue, idOf } from './data.ts';

const hostBridges: readonly string[] = ['PNP0A03', 'PNP0A08'];

const HEADER_TYPE = 0x0e;
const SECONDARY_BUS = 0x19;

/** Its configuration space from `start` on; null where code says which it is, or nothing shows it. */
export function configOf(
  region: AmlNode,
  start: number,
  length: number,
  functions: Functions,
): Uint8Array | null {
  const below: AmlNode[] = [];
  let root = region.parent;
  for (; root !== null && !isHostBridge(root); root = root.parent)
    if (root.content.kind === 'device') below.unshift(root);
  if (root === null) return null;
  const segment = numberAt(root, '_SEG');
  let bus = numberAt(root, '_BBN');
  let config: Uint8Array | null = null;
  for (const device of below.length === 0 ? [root] : below) {
    const address = numberAt(device, '_ADR');
    if (segment === null || bus === null || address === null) return null;
    if (config !== null && ((config[HEADER_TYPE] ?? 0) & 0x7f) === 1)
      bus = config[SECONDARY_BUS] ?? 0;
    config = functions.get(nameOf(segment, bus, address)) ?? null;
    if (config === null) return null;
  }
  return config?.subarray(start, start + length) ?? null;
}

function nameOf(segment: number, bus: number, address: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${hex(segment, 4)}:${hex(bus, 2)}:${hex((address >> 16) & 0x1f, 2)}.${address & 7}`;
}

function isHostBridge(node: AmlNode): boolean {
  const values = ['_HID', '_CID'].flatMap(
    (name) => constantAt(node, name) as AmlValue | AmlValue[],
  );
  return values.some((value) => hostBridges.includes(idOf(value) ?? ''));
}

/** 0 without the name; null where code gives it. */
function numberAt(node: AmlNode, name: string): number | null {
  if (!node.children.has(name)) return 0;
  const value = constantAt(node, name);
  return typeof value === 'bigint' ? Number(value & 0xffff_ffffn) : null;
}

function constantAt(node: AmlNode, name: string): AmlValue {
  const object = node.children.get(name)?.target;
  if (object?.content.kind !== 'data' || object.born !== null) return null;
  return amlValue(object.content.value).value;
}
