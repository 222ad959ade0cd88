import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { hasCode, reason } from '../system/io.ts';

/** The folder of what can be made again: compiled files and prepared trees. */
export function storeFolder(): string {
  const { XDG_CACHE_HOME: given = '' } = process.env;
  const cache = given.startsWith('/') ? given : join(homedir(), '.cache');
  return join(cache, 'fwspec', 'linux');
}

export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** The file's text, null where there is none. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null;
    throw failed(path, error);
  }
}

/** Write a file that others see whole or not at all. */
export function put(path: string, text: string): void {
  const part = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(part, text, 'latin1');
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw failed(path, error);
  }
}

/** A folder of one's own while something is at work, which is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(storeFolder(), `part-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw failed(folder, error);
  }
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Do something that only one process may do at a time. */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  while (!took(lock)) await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function took(lock: string): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true });
    const file = openSync(lock, 'wx');
    writeFileSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw failed(lock, error);
    const holder = Number(textOf(lock));
    // Who has just made it has not written yet.
    if (holder > 0 && !lives(holder)) rmSync(lock, { force: true });
    return false;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

function failed(path: string, error: unknown): UsageError {
  return new UsageError('cli/cache', `cannot keep compiled files in ${path}: ${reason(error)}`);
}
