// What is in files and folders that somebody gives, by names as fwspec has them.
import { foldersToRead, maxBytes } from '../../src/input/index.ts';
import type { Given } from '../worker/machine.ts';

/** What was given is more than a machine has, or nothing. */
export class TooMuch extends Error {}

/** Files in folders beyond which nobody has a machine: what was meant is another folder. */
const mostFiles = 20_000;

export async function filesOfInput(list: FileList): Promise<readonly Given[]> {
  return await read([...list].map((file) => [file.webkitRelativePath || file.name, file]));
}

export async function filesOfDrop({ items, files }: DataTransfer): Promise<readonly Given[]> {
  // The entries have to be asked for before anything is awaited.
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) return await read([...files].map((file) => [file.name, file]));
  const found: [string, File][] = [];
  for (const entry of entries) await collect(entry, entry.name, found);
  return await read(found);
}

async function collect(
  entry: FileSystemEntry,
  name: string,
  found: [string, File][],
): Promise<void> {
  if (found.length > mostFiles) throw tooMany();
  if (entry.isFile) {
    found.push([name, await fileOf(entry as FileSystemFileEntry)]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser gives some of them at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const inside of some) await collect(inside, `${name}/${inside.name}`, found);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function read(named: readonly (readonly [string, File])[]): Promise<readonly Given[]> {
  if (named.length > mostFiles) throw tooMany();
  const inside = withoutTop(named);
  const wanted = foldersToRead(topsOf(inside.map(([name]) => name)));
  const kept = inside.filter(([name]) => {
    const slash = name.indexOf('/');
    return slash < 0 || wanted(name.slice(0, name.lastIndexOf('/') + 1));
  });
  const total = kept.reduce((sum, [, file]) => sum + file.size, 0);
  if (total > maxBytes)
    throw new TooMuch(
      `${Math.ceil(total / (1 << 20))} MiB are more than a machine has: at most ${maxBytes >> 20} MiB.`,
    );
  return await Promise.all(
    kept.map(
      async ([name, file]): Promise<Given> => [name, new Uint8Array(await file.arrayBuffer())],
    ),
  );
}

/** Without the one folder that all of them are in, which is what somebody gave. */
function withoutTop(named: readonly (readonly [string, File])[]): (readonly [string, File])[] {
  const tops = topsOf(named.map(([name]) => name));
  const [top = ''] = tops;
  if (tops.length !== 1 || !top.endsWith('/')) return [...named];
  return named.map(([name, file]) => [name.slice(top.length), file]);
}

/** What is at the top, folders with a `/` at their end. */
function topsOf(names: readonly string[]): string[] {
  const tops = names.map((name) => {
    const slash = name.indexOf('/');
    return slash < 0 ? name : name.slice(0, slash + 1);
  });
  return [...new Set(tops)].sort();
}

function tooMany(): TooMuch {
  return new TooMuch(`More than ${mostFiles} files: open the folder of one machine.`);
}
