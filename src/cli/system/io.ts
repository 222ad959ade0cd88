import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearest, UsageError } from '../../util/index.ts';
import { isConfined, mayLook, mayRead } from './confined.ts';

/** No firmware is larger; a file that is cannot be what it is taken for. */
export const maxFileSize: number = 64 * 1024 * 1024;

export const notAFile = {
  nothing: 'it does not exist',
  directory: 'it is a directory',
  special: 'it is no ordinary file',
};

/** A file's bytes. */
export function readBytes(path: string): Uint8Array {
  const found = kindOf(path);
  if (found === 'nothing') throw nothingThere(path);
  if (found !== 'file') throw noFile(path, found);
  let file: number;
  try {
    // What the kernel makes up, such as a log, may otherwise be waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, reason(error));
  }
  try {
    if (!mayRead(file, path)) throw nothingThere(path);
    return readAll(file, path, () => {
      throw unreadable(path, 'it has no end: it waits for more');
    });
  } finally {
    closeSync(file);
  }
}

/** The refusal of what is there and is no file. */
function noFile(path: string, found: 'directory' | 'special'): UsageError {
  // Who reads for strangers takes no - from them.
  const hint = found === 'special' && !isConfined() ? '- reads standard input' : null;
  return unreadable(path, notAFile[found], hint);
}

/** All of standard input. */
export function readStandardInput(): Uint8Array {
  return readAll(0, 'standard input', () => {});
}

/** All that comes of an open file, whatever its size is said to be. */
function readAll(file: number, name: string, onWait: () => void): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(65536);
    let count: number;
    try {
      count = readSync(file, chunk);
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) {
        onWait();
        continue;
      }
      if (hasCode(error, 'EOF')) break;
      throw unreadable(name, reason(error));
    }
    if (count === 0) break;
    size += count;
    if (size > maxFileSize) throw unreadable(name, `it is longer than ${maxFileSize} bytes`);
    chunks.push(chunk.subarray(0, count));
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The names in a directory, sorted. */
export function namesIn(path: string): string[] {
  if (!mayLook(path)) throw nothingThere(path);
  try {
    return readdirSync(path).sort();
  } catch (error) {
    throw unreadable(path, reason(error));
  }
}

/** Pipes and devices are special: reading one can last for ever. What may not be read is nothing. */
export function kindOf(path: string): 'file' | 'directory' | 'nothing' | 'special' {
  if (!mayLook(path)) return 'nothing';
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, reason(error));
  }
  if (found === undefined) return 'nothing';
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : 'special';
}

/** The refusal of a file that is not there. */
export function nothingThere(path: string): UsageError {
  const outside = isConfined() ? ', or is in no directory that may be read' : '';
  return unreadable(path, notAFile.nothing + outside, nearFile(path));
}

/** A hint at the file beside it that was meant, where a path leads to nothing. */
export function nearFile(path: string): string | null {
  const folder = dirname(path);
  const name = basename(path);
  const names = kindOf(folder) === 'directory' ? namesIn(folder) : [];
  // A link that leads to nothing is there, and not what was meant.
  const near = names.includes(name) ? null : nearest(name, names);
  return near === null ? null : `did you mean ${join(folder, near)}?`;
}

/** The refusal of what is there and cannot be read. */
export function unreadable(path: string, why: string, hint: string | null = null): UsageError {
  return new UsageError('cli/unreadable', `cannot read ${path}: ${why}`, hint);
}

export function reason(error: unknown): string {
  if (hasCode(error, 'ENOSPC')) return 'the disk is full';
  if (hasCode(error, 'EFBIG')) return 'files may not be that large here';
  if (hasCode(error, 'EACCES')) return 'permission denied';
  if (hasCode(error, 'ENOENT')) return notAFile.nothing;
  if (hasCode(error, 'ELOOP')) return 'a link leads back to itself';
  if (hasCode(error, 'ENOTDIR')) return 'a part of its path is not a directory';
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
