import { createHash, randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { hasCode, reason } from '../system/io.ts';

/** The folder of what can be made again: compiled files and prepared trees. */
export function storeFolder(): string {
  const { XDG_CACHE_HOME: given = '' } = process.env;
  const cache = isAbsolute(given) ? given : join(home(), '.cache');
  return join(cache, 'fwspec', 'linux');
}

/** Of the user, where the environment names none; never the folder that happens to be the current one. */
function home(): string {
  for (const ask of [homedir, () => userInfo().homedir]) {
    try {
      const folder = ask();
      if (isAbsolute(folder)) return folder;
    } catch {
      // Nobody has told the system of this user.
    }
  }
  throw new UsageError(
    'cli/no-home',
    'there is no home directory to keep compiled files in: name a folder in XDG_CACHE_HOME',
  );
}

/** The same, made and without links. */
export function storeThere(): string {
  const folder = storeFolder();
  try {
    makeFolder(folder);
    return realpathSync(folder);
  } catch (error) {
    throw failed(folder, error);
  }
}

/** Node's own way to make a path never ends where a folder is there and takes nothing, as in /proc. */
function makeFolder(path: string): void {
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isThere()) throw error;
  }
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
    makeFolder(dirname(path));
    writeFileSync(part, text, 'latin1');
    renameSync(part, path);
  } catch (error) {
    discard(part);
    throw failed(path, error);
  }
}

/** A folder of one's own while something is at work, which is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const parts = join(storeFolder(), 'parts');
  const folder = join(parts, `${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    makeFolder(folder);
    // What somebody has left who was killed.
    for (const name of readdirSync(parts))
      if (!lives(Number.parseInt(name, 10))) discard(join(parts, name));
  } catch (error) {
    throw failed(folder, error);
  }
  try {
    return await work(folder);
  } finally {
    discard(folder);
  }
}

/** Take away what is there, as far as that can be done. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It is of no use to anybody.
  }
}

/**
 * Do something that only one process may do at a time.
 *
 * @param waits told who is at it, if somebody is
 */
export async function alone<T>(
  path: string,
  waits: (pid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${path}.lock`;
  for (let told = false, holder = take(lock); holder !== null; holder = take(lock)) {
    if (!told && holder > 0) waits(holder);
    told ||= holder > 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await work();
  } finally {
    discard(lock);
  }
}

/** Null where it was taken, else the process that has it; 0 where that is not known yet. */
function take(lock: string): number | null {
  const mine = `${lock}.${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    makeFolder(dirname(lock));
    // It appears with its content.
    writeFileSync(mine, String(process.pid));
    linkSync(mine, lock);
    return null;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw failed(lock, error);
  } finally {
    discard(mine);
  }
  const holder = Number(textOf(lock) ?? 0);
  if (holder > 0 && !lives(holder)) release(lock, holder, mine);
  return holder;
}

/** Take away a lock whose holder has died, and nobody else's. */
function release(lock: string, holder: number, aside: string): void {
  try {
    renameSync(lock, aside);
    if (Number(textOf(aside)) !== holder) linkSync(aside, lock);
  } catch {
    // Somebody else was faster.
  }
  discard(aside);
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
