import type { FdtNode } from '../../firmware/index.ts';

/** The node of a path; of several with one path, the first. */
export function nodeAt(root: FdtNode, path: string): FdtNode | null {
  let node: FdtNode | undefined = root;
  for (const name of path.split('/').filter((part) => part !== ''))
    node = node?.children.find((child) => child.name === name);
  return node ?? null;
}
