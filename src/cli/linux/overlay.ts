import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import { reason, unreadable } from '../system/io.ts';
import type { Prepared } from './build.ts';
import { digestOf, put } from './store.ts';

/** Files that stand for those of the tree with the same path. */
export interface Overlay {
  /** Paths within the tree, each with the file that is taken instead. */
  readonly files: ReadonlyMap<string, string>;
  readonly digest: string;
  /** What is read for a path within the folder of links; null for what is there. */
  instead(path: string): string | null;
}

/** @param folder null for none */
export function overlayOf(folder: string | null, shadow: string): Overlay {
  const files = new Map<string, string>();
  if (folder !== null) collect(resolve(folder), '', files);
  const parts = [...files].flatMap(([path, file]) => [path, readFileSync(file)]);
  return {
    files,
    digest: files.size === 0 ? '' : digestOf(...parts),
    instead: (path) => {
      const clean = normalize(path);
      const within = clean.startsWith(`${shadow}/`) ? clean.slice(shadow.length + 1) : null;
      return within === null ? null : (files.get(within) ?? null);
    },
  };
}

function collect(folder: string, path: string, into: Map<string, string>): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(folder, path), { withFileTypes: true });
  } catch (error) {
    throw unreadable(join(folder, path), reason(error));
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) collect(folder, below, into);
    else if (entry.isFile()) into.set(below, join(folder, below));
  }
}

/** What the compiler is told besides, so that it sees these files in the tree. */
export function overlayFile({ shadow }: Prepared, { files }: Overlay, folder: string): string {
  if (files.size === 0) return '';
  const roots = [...files].map(([path, file]) => ({
    name: `${shadow}/${path}`,
    type: 'file',
    'external-contents': file,
    'use-external-name': false,
  }));
  const path = join(folder, 'overlay.yaml');
  put(path, JSON.stringify({ version: 0, 'case-sensitive': true, roots }));
  return ` -ivfsoverlay ${path}`;
}
