import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Files, foldersToRead, standardInput } from '../../input/index.ts';
import {
  kindOf,
  namesIn,
  nothingThere,
  readBytes,
  readStandardInput,
  unreadable,
} from '../system/io.ts';

/** What an operand names. */
export interface Given {
  readonly files: Files;
  /** Of several devicetrees in it, the number of one; null where nobody says. */
  readonly tree: number | null;
  /** How its files are called in a message. */
  readonly named: Named;
  /** Where a file of it is, null for one that is on no disk. */
  readonly pathOf: (name: string) => string | null;
  /** It has come from another machine, what it includes has not, and this has been compiled there. */
  readonly brought?: ReadonlyMap<string, Uint8Array> | null;
}

/** How files were given. */
export type Named =
  | { readonly by: 'nothing' }
  | { readonly by: 'directory'; readonly path: string }
  /** One file, by its name in what was given. */
  | { readonly by: 'file'; readonly path: string; readonly own: string }
  /** In an archive: one file, or all of a folder. */
  | {
      readonly by: 'archive';
      readonly path: string;
      readonly archive: string;
      readonly folder: string;
    };

/** How a file is called in a message, by its name in what was given; all of it by the empty name. */
export function calledIn(named: Named, name: string): string {
  switch (named.by) {
    case 'nothing':
      return name;
    case 'directory':
      return name === '' ? named.path : join(named.path, name);
    case 'file': {
      const { path, own } = named;
      if (name === own || name === '') return path;
      return name.startsWith(`${own}#`) ? path + name.slice(own.length) : join(path, name);
    }
    default:
      return name === '' ? named.path : `${named.archive}/${named.folder}${name}`;
  }
}

/** A file, a directory, or `-` for standard input; `#2` at the end asks for the second tree in it. */
export function givenBy(operand: string): Given {
  const [path, tree] = numbered(operand);
  if (path === '-') {
    const files = new Map([[standardInput, readStandardInput()]]);
    return { files, tree, named: { by: 'nothing' }, pathOf: () => null };
  }
  switch (kindOf(path)) {
    case 'nothing':
      throw nothingThere(path);
    case 'directory': {
      const named = { by: 'directory', path } as const;
      return { files: filesIn(path), tree, named, pathOf: (name) => calledIn(named, name) };
    }
    default: {
      const name = basename(path);
      const pathOf = (file: string): string | null => (file === name ? path : null);
      const files = lazily(new Map([[name, path]]));
      return { files, tree, named: { by: 'file', path, own: name }, pathOf };
    }
  }
}

/** The path and the number behind it, unless a file is really called so. */
function numbered(operand: string): [path: string, tree: number | null] {
  const [, path, tree] = /^(.+)#([1-9]\d{0,3})$/.exec(operand) ?? [];
  if (path === undefined || kindOf(operand) !== 'nothing') return [operand, null];
  return [path, Number(tree)];
}

/** No folder of a machine is in more than this. */
const deepest = 80;

/** All that can be of a machine in a directory, by its name there. Bytes are read when they are asked for. */
export function filesIn(directory: string): Files {
  const paths = new Map<string, string | null>();
  const wanted = foldersToRead(namesIn(directory));
  const add = (folder: string, above: readonly string[]): void => {
    const path = join(directory, folder);
    const place = realpathSync(path);
    if (above.includes(place)) throw unreadable(path, 'a link leads back to itself');
    if (above.length > deepest) throw unreadable(path, 'it is too deep for a machine');
    const names = namesIn(path);
    if (names.length === 0 && folder !== '') paths.set(folder, null);
    for (const name of names) {
      const kind = kindOf(join(path, name));
      if (kind !== 'directory') paths.set(folder + name, join(path, name));
      else if (wanted(`${folder}${name}/`)) add(`${folder}${name}/`, [...above, place]);
      else paths.set(`${folder}${name}/`, null);
    }
  };
  add('', []);
  return lazily(paths);
}

/** Files by the paths that they are read from; null for an empty folder. */
function lazily(paths: ReadonlyMap<string, string | null>): Files {
  const known = new Map<string, Uint8Array>();
  return {
    has: (name) => paths.has(name),
    keys: () => paths.keys(),
    get: (name) => {
      const path = paths.get(name);
      if (path === undefined || path === null) return undefined;
      const bytes = known.get(name) ?? readBytes(path);
      known.set(name, bytes);
      return bytes;
    },
  };
}
