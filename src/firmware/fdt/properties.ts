// Devicetree Specification v0.4, 2.2.4 "Properties" and 2.3 "Standard Properties".

import { FormatError, hex } from '../../util/index.ts';
import type { FdtNode, FdtProperty } from './types.ts';

/** The value as big-endian 32-bit cells. Throws `FormatError` unless its length is a multiple of 4. */
export function cells(prop: FdtProperty): number[] {
  const { value } = prop;
  if (value.length % 4 !== 0) reject(prop, 'bad-cells', 'a multiple of 4 bytes');
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 4 }, (_, index) => view.getUint32(index * 4));
}

/** The cells of a property that is read as far as they are whole; none when it is absent. */
export function wholeCells(prop: FdtProperty | undefined): number[] {
  if (prop === undefined) return [];
  const { value } = prop;
  return cells({ ...prop, value: value.subarray(0, value.length - (value.length % 4)) });
}

/** `<u32>` of 2.2.4. Throws `FormatError` unless the value has 4 bytes. */
export function u32(prop: FdtProperty): number {
  const { value } = prop;
  if (value.length !== 4) reject(prop, 'bad-u32', '4 bytes');
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}

/**
 * `<stringlist>` of 2.2.4, one character per byte; an empty value is an empty list. Throws
 * `FormatError` when the last string does not end in a zero byte.
 */
export function stringList(prop: FdtProperty): string[] {
  const strings = splitStrings(prop.value);
  if (strings === null) {
    reject(prop, 'unterminated-string', 'a zero byte at the end', hex(prop.value.at(-1) ?? 0));
  }
  return strings;
}

/** The first string of the value. Throws `FormatError` for an empty or unterminated value. */
export function stringValue(prop: FdtProperty): string {
  const [first] = stringList(prop);
  if (first === undefined) reject(prop, 'unterminated-string', 'a string');
  return first;
}

/** A node and all below it, in blob order. */
export function nodesOf(node: FdtNode): FdtNode[] {
  const nodes: FdtNode[] = [];
  const visit = (of: FdtNode): void => {
    nodes.push(of);
    for (const child of of.children) visit(child);
  };
  visit(node);
  return nodes;
}

/** The node's property of that name. */
export function propertyOf(node: FdtNode, name: string): FdtProperty | undefined {
  return node.properties.get(name);
}

/** A property that holds one `<u32>`, null when it is absent or malformed. */
export function u32Of(node: FdtNode, name: string): number | null {
  const prop = propertyOf(node, name);
  return prop?.value.length === 4 ? u32(prop) : null;
}

/** `compatible` (2.3.1), most specific first; empty when absent or malformed. */
export function compatibleOf(node: FdtNode): readonly string[] {
  const prop = propertyOf(node, 'compatible');
  if (prop === undefined) return [];
  let names = compatible.get(prop);
  if (names === undefined) {
    names = splitStrings(prop.value) ?? [];
    compatible.set(prop, names);
  }
  return names;
}

/** Every driver and rule asks each node. */
const compatible = new WeakMap<FdtProperty, readonly string[]>();

/** The strings of a property, none when it is absent or malformed. */
export function stringsOf(node: FdtNode, name: string): string[] {
  const prop = propertyOf(node, name);
  return prop === undefined ? [] : (splitStrings(prop.value) ?? []);
}

/** Whether `status` (2.3.4) is absent, "okay", or the older "ok". A malformed one is neither. */
export function isAvailable(node: FdtNode): boolean {
  const prop = node.properties.get('status');
  if (prop === undefined) return true;
  const [status] = splitStrings(prop.value) ?? [];
  return status === 'okay' || status === 'ok';
}

/** The node's name without its unit address (2.2.1). */
export function baseName(node: FdtNode): string {
  const at = node.name.indexOf('@');
  return at === -1 ? node.name : node.name.slice(0, at);
}

/** The strings of a `<stringlist>`, or null when the last one has no end. */
export function splitStrings(value: Uint8Array): string[] | null {
  const strings: string[] = [];
  let text = '';
  for (const byte of value) {
    if (byte === 0) {
      strings.push(text);
      text = '';
    } else {
      text += String.fromCharCode(byte);
    }
  }
  return text === '' ? strings : null;
}

function reject(
  prop: FdtProperty,
  code: string,
  expected: string,
  found = `${prop.value.length} bytes`,
): never {
  const offset = prop.offset;
  throw new FormatError({ code: `fdt/${code}`, offset, field: prop.name, expected, found });
}
