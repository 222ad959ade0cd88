import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/** How a file is called from a folder: the same on every machine, below it or not. */
export function pathFrom(folder: string, file: string): string {
  if (file === '-' || file === 'live') return file;
  const path = relative(folder, resolve(file));
  return (isAbsolute(path) ? path : path || '.').split(sep).join('/');
}

/** A path of a folder's configuration as it is from where the command runs. */
export function pathBelow(folder: string, path: string): string {
  return isAbsolute(path) ? path : relative('.', join(folder, path)) || '.';
}
