import { flattenFdt, type LooseNode } from '../firmware/index.ts';
import { refuse } from './bytes.ts';
import { bytesIn, type Files } from './files.ts';

/** Nodes deeper than this are no devicetree, and may be links that lead back. */
const deepest = 64;

interface Growing extends LooseNode {
  readonly properties: Map<string, Uint8Array>;
  readonly children: Growing[];
  readonly byName: Map<string, Growing>;
}

/**
 * The blob of a devicetree that is a folder for each node and a file for each property, as in
 * `/sys/firmware/devicetree/base`. The order of the nodes is lost there; by address it is the usual one.
 */
export function readDevicetreeFolder(files: Files, folder: string): Uint8Array {
  const root = growing('');
  for (const name of [...files.keys()].filter((name) => name.startsWith(folder)).sort()) {
    const path = name.slice(folder.length).split('/');
    if (path.length > deepest)
      throw refuse('too-deep', folder, null, `at most ${deepest} folders in each other`, 'more');
    const property = path.pop() ?? '';
    let node = root;
    for (const part of path) node = childOf(node, part);
    // The kernel adds this one where a tree has none.
    if (property !== '' && property !== 'name') node.properties.set(property, bytesIn(files, name));
  }
  arrange(root);
  return flattenFdt(root);
}

function growing(name: string): Growing {
  return { name, properties: new Map(), children: [], byName: new Map() };
}

function childOf(node: Growing, name: string): Growing {
  const known = node.byName.get(name);
  if (known !== undefined) return known;
  const child = growing(name);
  node.byName.set(name, child);
  node.children.push(child);
  return child;
}

function arrange({ children }: Growing): void {
  children.sort((a, b) => addressOf(a) - addressOf(b) || (a.name < b.name ? -1 : 1));
  for (const child of children) arrange(child);
}

/** The unit address; -1 for a node without one. */
function addressOf({ name }: LooseNode): number {
  const [, address] = /@([\da-f]+)/i.exec(name) ?? [];
  return address === undefined ? -1 : Number.parseInt(address, 16);
}
