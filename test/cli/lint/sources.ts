import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { lintInput } from '../../../src/cli/lint/lint-input.ts';
import type { LintFinding } from '../../../src/report/index.ts';

/** Files by their names; `board.dts` is the one that is looked at. */
export type Sources = Readonly<Record<string, string>>;

/** A folder with these files. */
export function folderWith(sources: Sources): string {
  const folder = mkdtempSync(join(tmpdir(), 'lint-sources-'));
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** What is said of the board in a folder. */
export async function found(folder: string): Promise<readonly LintFinding[]> {
  const path = join(folder, 'board.dts');
  const input = { given: path, isWalked: false };
  const linted = await lintInput(input, readOptions(['lint', path]), { note: () => {} });
  expect(linted?.error).toBeNull();
  return linted?.findings ?? [];
}
