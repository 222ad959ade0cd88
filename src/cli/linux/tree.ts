import { type Dirent, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { kindOf, nothingThere, reason, unreadable } from '../system/io.ts';
import { put, textOf } from './store.ts';

/** A kernel's sources, as they are on the disk. */
export interface Tree {
  /** What people call it. */
  readonly given: string;
  /** Where the sources are, with no link in it. */
  readonly source: string;
  readonly release: string;
  /** Its `.config`, null where nobody configured it. */
  readonly config: string | null;
}

/**
 * Look at a folder: a kernel's sources, configured or not, or the folder that `make O=` built in.
 *
 * @throws UsageError where it is none
 */
export function treeAt(given: string): Tree {
  const kind = kindOf(given);
  if (kind === 'nothing') throw nothingThere(given);
  if (kind !== 'directory') throw notATree(given, 'it is no folder');
  const folder = resolved(given);
  const source = kindOf(join(folder, 'source')) === 'directory' ? join(folder, 'source') : folder;
  const makefile = textOf(join(source, 'Makefile'));
  if (makefile === null) throw notATree(given, 'it has no Makefile');
  const value = (name: string): string =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*([-.\\w]*)`, 'm').exec(makefile)?.[1] ?? '';
  const [version, patchlevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(value);
  if (!version || !patchlevel || !sublevel)
    throw notATree(given, 'its Makefile says no version of Linux');
  const numbers = [version, patchlevel, ...(sublevel === '0' ? [] : [sublevel])];
  return {
    given,
    source: resolved(source),
    release: numbers.join('.') + value('EXTRAVERSION'),
    config: textOf(join(folder, '.config')),
  };
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw unreadable(path, reason(error));
  }
}

function notATree(path: string, why: string): UsageError {
  return new UsageError(
    'cli/no-tree',
    `${path} is no kernel tree: ${why}`,
    'unpack a linux-source package, or clone Linux',
  );
}

/** What a build leaves behind, by the ends of names. */
const products = /\.(?:o|a|ko|mod|cmd|order|symvers|so|dtb|ll|lst|tmp)$|\.(?:lex|tab|mod)\.[ch]$/;

/** Folders that only a build makes. */
const made = /^(?:include\/(?:config|generated)|arch\/[^/]+\/include\/generated)$/;

/**
 * Make the tree as nobody has built in it, out of links: the build system builds elsewhere only for such a
 * tree. Where there is the right one already, it is kept.
 */
export function shadow({ source }: Tree, folder: string): void {
  const plan = planOf(source, '', true);
  const written = JSON.stringify(plan);
  if (textOf(`${folder}.plan`) === written) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const make = ({ path, folders, links }: Plan): void => {
    if (path !== '') mkdirSync(join(folder, path));
    for (const link of links) symlinkSync(join(source, link), join(folder, link));
    for (const below of folders) make(below);
  };
  if (plan !== null) make(plan);
  put(`${folder}.plan`, written);
}

/** A folder that has products in it, or below. */
interface Plan {
  readonly path: string;
  readonly folders: readonly Plan[];
  readonly links: readonly string[];
}

/** Null for a folder that can be taken as it is. */
function planOf(source: string, path: string, always = false): Plan | null {
  const entries = entriesOf(join(source, path));
  const names = new Set(entries.map(({ name }) => name));
  const folders: Plan[] = [];
  const links: string[] = [];
  let isBuilt = always;
  for (const entry of entries) {
    const { name } = entry;
    const below = path === '' ? name : `${path}/${name}`;
    const isProduct =
      made.test(below) || names.has(`.${name}.cmd`) || (entry.isFile() && products.test(name));
    if (isProduct || (name.startsWith('.') && name.endsWith('.cmd'))) isBuilt = true;
    // Nothing that is built from has such a name.
    else if (!name.startsWith('.')) {
      const plan = entry.isDirectory() ? planOf(source, below) : null;
      if (plan === null) links.push(below);
      else folders.push(plan);
    }
  }
  return isBuilt || folders.length > 0 ? { path, folders, links } : null;
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw unreadable(path, reason(error));
  }
}
