import { fstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';

// Some programs ask for strangers: what they read is only in some folders, wherever a link leads. It
// stands in the environment, so that every thread keeps to it.

const variable = 'FWSPEC_ONLY_IN';

/** What no folder makes readable: its files are made by the kernel, and some are devices. */
const never = ['/proc', '/sys', '/dev'];

/**
 * From here on nothing may be read but what is in these folders, or is one of these files.
 *
 * @param places with no link in them
 */
export function confineTo(places: readonly string[]): void {
  process.env[variable] = JSON.stringify(places);
}

export function isConfined(): boolean {
  return process.env[variable] !== undefined;
}

/** Whether a path may be looked at; what is not there may not. */
export function mayLook(path: string): boolean {
  return places() === null || isAllowed(realPath(path));
}

/** Whether what was opened is what may be read, whatever has become of its path meanwhile. */
export function mayRead(file: number, path: string): boolean {
  if (places() === null) return true;
  if (process.platform === 'linux') return isAllowed(readlinkSync(`/proc/self/fd/${file}`));
  const real = realPath(path);
  if (!isAllowed(real)) return false;
  const [opened, found] = [fstatSync(file), statSync(real)];
  return opened.dev === found.dev && opened.ino === found.ino;
}

/** Whether a path without links is in a folder, or is it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Whether it is of what the kernel makes up. */
export function isMadeUp(path: string): boolean {
  return never.some((folder) => isWithin(folder, path));
}

function places(): readonly string[] | null {
  const text = process.env[variable];
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as readonly string[];
  } catch {
    // Whoever has written that wants something to be kept out.
    return [];
  }
}

function isAllowed(path: string | null): path is string {
  if (path === null || isMadeUp(path)) return false;
  return places()?.some((place) => isWithin(place, path)) === true;
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
