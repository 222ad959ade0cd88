// Archives and compressed files, opened until there is something to read. Nothing is written anywhere, so
// that a name can lead nowhere.

import type { Entry } from './archive/entry.ts';
import { readTar } from './archive/tar.ts';
import { readZip } from './archive/zip.ts';
import { refuse } from './bytes.ts';
import { bytesIn, type Files, maxBytes, namesIn, naming, soleFile } from './files.ts';
import { atTheTop, machineFolders } from './places.ts';
import { recognise } from './recognise/recognise.ts';
import type { Inflate } from './tools.ts';

/** What was given, without what it was packed in. */
export interface Opened {
  readonly files: Files;
  /** What could not be used. */
  readonly notes: readonly string[];
}

/** Archives in archives, and folders around all that is in one, beyond which nobody has any. */
const deepest = 6;

/** Open an archive, as long as one file is all there is. Throws {@link FormatError}. */
export async function opened(given: Files, inflate: Inflate): Promise<Opened> {
  let files = given;
  const notes: string[] = [];
  for (let depth = 0; depth < deepest; depth++) {
    const name = soleFile(files);
    if (name === null) break;
    const bytes = bytesIn(files, name);
    const inside = await naming(name, () => contentOf(name, bytes, inflate));
    if (inside === null) break;
    files = inside.files;
    notes.push(...inside.notes);
  }
  return { files: atTheTop(files), notes };
}

async function contentOf(
  name: string,
  bytes: Uint8Array,
  inflate: Inflate,
): Promise<Opened | null> {
  switch (recognise(name, bytes).is) {
    case 'gzip':
      return { files: new Map([[bareName(name), await gunzip(bytes, inflate)]]), notes: [] };
    case 'tar':
      return filesOf(readTar(bytes));
    case 'zip':
      return filesOf(await readZip(bytes, inflate));
    default:
      return null;
  }
}

export async function gunzip(bytes: Uint8Array, inflate: Inflate): Promise<Uint8Array> {
  const content = await inflate(bytes, 'gzip', maxBytes);
  if (content === 'too-long')
    throw refuse('too-large', 'file', 0, `at most ${maxBytes} bytes when unpacked`, 'more');
  if (content === 'damaged')
    throw refuse('damaged-gzip', 'file', 0, 'a whole gzip file', 'one that cannot be unpacked');
  return content;
}

export function bareName(name: string): string {
  return name.replace(/\.tgz$/i, '.tar').replace(/\.gz$/i, '');
}

/** The files of an archive, without the folders that all of them are in. */
function filesOf(entries: readonly Entry[]): Opened {
  let files = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  const links: string[] = [];
  for (const entry of entries) {
    const name = placeOf(entry);
    if (name === '' || /^__MACOSX\/|(?:^|\/)\._[^/]*$/.test(name)) continue;
    if (entry.kind === 'folder') folders.add(`${name}/`);
    else if (entry.bytes !== null) files.set(name, entry.bytes);
    else links.push(name);
  }
  for (const folder of withoutContent(folders, [...files.keys(), ...folders]))
    files.set(folder, new Uint8Array());
  for (let depth = 0; depth < deepest; depth++) {
    const [folder, ...more] = namesIn(files, '');
    if (folder === undefined || more.length > 0 || !folder.endsWith('/')) break;
    // `acpi/` alone is what a machine is known by, not a folder that a machine is in.
    if (machineFolders.includes(folder) || files.has(folder)) break;
    files = new Map([...files].map(([name, bytes]) => [name.slice(folder.length), bytes]));
  }
  const [first, ...others] = links;
  if (first === undefined) return { files, notes: [] };
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return {
    files,
    notes: [`${first}${more}: a link or a device in the archive, which has no bytes`],
  };
}

/** Folders that none of these names is in. */
function withoutContent(folders: ReadonlySet<string>, names: readonly string[]): string[] {
  const parents = new Set<string>();
  for (const name of names)
    for (
      let at = name.lastIndexOf('/', name.length - 2);
      at >= 0;
      at = name.lastIndexOf('/', at - 1)
    ) {
      const parent = name.slice(0, at + 1);
      if (parents.has(parent)) break;
      parents.add(parent);
    }
  return [...folders].filter((folder) => !parents.has(folder));
}

/** The longest path that Linux accepts. */
const longestName = 4096;
/** Folders in each other: a devicetree has 64 at most, and an archive some around it. */
const mostParts = 80;

/** Where an entry is, from the top of the archive. */
function placeOf({ name, offset }: Entry): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw refuse('bad-name', 'name', offset, 'a file inside the archive', JSON.stringify(name));
  if (name.length > longestName || parts.length > mostParts)
    throw refuse('bad-name', 'name', offset, 'a name that a file of a machine has', 'a longer one');
  return parts.join('/');
}
