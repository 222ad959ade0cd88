import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder to work in, which is gone afterwards, also where somebody tells the program to end. */
export async function inWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fwspec-judge-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  // Who is told to end ends, and leaves nothing.
  const end = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);
  process.once('exit', clean);
  process.once('SIGTERM', end);
  process.once('SIGHUP', end);
  try {
    return await use(folder);
  } finally {
    clean();
    process.off('exit', clean);
    process.off('SIGTERM', end);
    process.off('SIGHUP', end);
  }
}
