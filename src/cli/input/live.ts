import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FormatError, UsageError } from '../../util/index.ts';
import { collect } from '../system/collector.ts';
import { type Captured, loadCaptured, sourceAt } from './load.ts';

/** The machine that this runs on: a capture of it that nobody keeps. */
export async function loadLive(): Promise<Captured> {
  return await collectedHere(async (directory) => {
    try {
      return await loadCaptured(await sourceAt(directory));
    } catch (error) {
      // The folder is gone when somebody reads this.
      if (error instanceof FormatError)
        error.file = error.file?.replace(`${dirname(directory)}/`, '') ?? null;
      throw error;
    }
  });
}

/** What `read` makes of a capture of this machine, in a directory that is gone afterwards. */
export async function collectedHere<T>(read: (directory: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fwspec-'));
  try {
    const directory = join(folder, 'live');
    const { problem } = collect(directory);
    if (problem !== null)
      throw new UsageError('cli/unreadable', `cannot read this machine: ${problem}`);
    return await read(directory);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
