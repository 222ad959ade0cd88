import { basename, join } from 'node:path';
import { flattenFdt, type LooseNode } from '../../firmware/index.ts';
import { UsageError } from '../../util/index.ts';
import { kindOf, namesIn, readBytes } from '../system/io.ts';

/** Nodes deeper than this are no devicetree, and may be links that lead back. */
const deepest = 64;

/**
 * The blob of a devicetree that is a folder for each node and a file for each property, as in
 * `/sys/firmware/devicetree/base`. The order of the nodes is lost there; by address it is the usual one.
 */
export function readDevicetreeFolder(folder: string): Uint8Array {
  return flattenFdt({ ...nodeIn(folder, 0), name: '' });
}

function nodeIn(folder: string, depth: number): LooseNode {
  if (depth > deepest)
    throw new UsageError(
      'cli/unreadable',
      `cannot read ${folder}: it is too deep for a devicetree`,
    );
  const properties = new Map<string, Uint8Array>();
  const children: LooseNode[] = [];
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (kindOf(path) === 'directory') children.push(nodeIn(path, depth + 1));
    // The kernel adds this one where a tree has none.
    else if (name !== 'name') properties.set(name, readBytes(path));
  }
  children.sort((a, b) => addressOf(a) - addressOf(b));
  return { name: basename(folder), properties, children };
}

/** The unit address; -1 for a node without one. */
function addressOf({ name }: LooseNode): number {
  const [, address] = /@([\da-f]+)/i.exec(name) ?? [];
  return address === undefined ? -1 : Number.parseInt(address, 16);
}
