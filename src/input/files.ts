// What somebody gave, whatever it was: a file, a directory, an archive, standard input.

import { FormatError } from '../util/index.ts';

/**
 * Bytes by name, with `/` between folders; a folder with nothing in it has a name that ends in `/`.
 * Bytes may be read when they are asked for.
 */
export type Files = Pick<ReadonlyMap<string, Uint8Array>, 'get' | 'has' | 'keys'>;

/** No firmware is larger, nor all of a machine's together. */
export const maxBytes: number = 64 << 20;

export function bytesIn(files: Files, name: string): Uint8Array {
  return files.get(name) ?? new Uint8Array();
}

export function textIn(files: Files, name: string): string {
  return textOf(bytesIn(files, name));
}

/** What is right inside a folder, `''` for the top, sorted; folders have a `/` at their end. */
export function namesIn(files: Files, folder: string): string[] {
  const names = new Set<string>();
  for (const name of files.keys()) {
    if (!name.startsWith(folder) || name === folder) continue;
    const slash = name.indexOf('/', folder.length);
    names.add(name.slice(folder.length, slash < 0 ? undefined : slash + 1));
  }
  return [...names].sort();
}

/** What standard input is called where a file has its name. */
export const standardInput = 'standard input';

/** A file in a command that somebody could type: what came by standard input has to be in one first. */
export function nameInCommands(name: string): string {
  return name === standardInput ? 'FILE' : name;
}

/** The name of the file where nothing but one file was given. */
export function soleFile(files: Files): string | null {
  const [name, ...more] = files.keys();
  return name === undefined || more.length > 0 || name.includes('/') ? null : name;
}

/** Node.js and browsers have it; the language alone has not. */
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

/** UTF-8, without the mark that Windows puts before it. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Read, and say which file it is that cannot be read. */
export async function naming<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError) error.file ??= file;
    throw error;
  }
}
