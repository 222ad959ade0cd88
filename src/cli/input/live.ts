import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, UsageError } from '../../util/index.ts';
import { collect } from '../system/collector.ts';
import { type Captured, loadCaptured, sourceAt } from './load.ts';

/** The machine that this runs on: a capture of it that nobody keeps. */
export async function loadLive(): Promise<Captured> {
  const folder = mkdtempSync(join(tmpdir(), 'fwspec-'));
  try {
    const directory = join(folder, 'live');
    const { problem } = collect(directory);
    if (problem !== null)
      throw new UsageError('cli/unreadable', `cannot read this machine: ${problem}`);
    return await loadCaptured(await sourceAt(directory));
  } catch (error) {
    // The folder is gone when somebody reads this.
    if (error instanceof FormatError) error.file = error.file?.replace(`${folder}/`, '') ?? null;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
