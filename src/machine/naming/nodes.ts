// Nodes of a devicetree by their paths, labels and aliases.

import { type FdtNode, propertyOf, stringValue } from '../../firmware/index.ts';
import { deviceName } from '../firmware/platform.ts';

/**
 * The node that has this path, label (with or without `&`) or alias.
 *
 * @param labels those of the source; a blob may have some in `/__symbols__`
 */
export function nodeCalled(
  root: FdtNode,
  name: string,
  labels: ReadonlyMap<string, string>,
): FdtNode | null {
  if (name.startsWith('/')) return nodeAt(root, name);
  const label = name.replace(/^&/, '');
  const written = labels.get(label);
  if (written !== undefined) return nodeAt(root, written);
  for (const names of ['__symbols__', 'aliases']) {
    const path = pathIn(root, names, label);
    const node = path === null ? null : nodeAt(root, path);
    if (node !== null) return node;
  }
  return null;
}

/** The node whose device would have this name, if there were one. */
export function nodeOfDevice(root: FdtNode, name: string): FdtNode | null {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== root && deviceName(node) === name) return node;
    for (const child of node.children.toReversed()) waiting.push(child);
  }
  return null;
}

/** The labels and aliases of a tree. */
export function labelsOf(root: FdtNode): string[] {
  return root.children
    .filter(({ name }) => name === '__symbols__' || name === 'aliases')
    .flatMap(({ properties }) => [...properties.keys()]);
}

function nodeAt(root: FdtNode, path: string): FdtNode | null {
  let node: FdtNode | null = root;
  for (const part of path.split('/').filter((part) => part !== '')) {
    node = node.children.find(({ name }) => name === part) ?? null;
    if (node === null) return null;
  }
  return node;
}

function pathIn(root: FdtNode, names: string, label: string): string | null {
  const node = root.children.find(({ name }) => name === names);
  const property = node === undefined ? undefined : propertyOf(node, label);
  return property === undefined ? null : stringValue(property);
}
