import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { lint } from '../../../src/cli/commands/machine/lint.ts';
import type { Console } from '../../../src/cli/output/console.ts';

const tree = new URL('../../fixtures/dtb/a64-dt-none.dtb', import.meta.url);

/** A folder with so many trees, none of which has an IOMMU; of all, what `damaged` names is no tree. */
function folderWith(count: number, damaged: readonly number[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'lint-many-'));
  for (let i = 0; i < count; i++) copyFileSync(tree, join(folder, `${i}.dtb`));
  for (const i of damaged) writeFileSync(join(folder, `${i}.dtb`), Buffer.from('d00dfeed', 'hex'));
  return folder;
}

/** What `lint` says about a folder, when it is interrupted after so many files. */
async function said(folder: string, after = Number.POSITIVE_INFINITY) {
  const interruption = { requested: false };
  const notes: string[] = [];
  const documents: { files: { file: string; error: string | null }[] }[] = [];
  const console: Console = {
    style: (_kind, text) => text,
    width: 80,
    line: () => {},
    json: (document) => documents.push(document as (typeof documents)[number]),
    answer: () => {},
    note: (text) => notes.push(text),
    progress: (text) => {
      interruption.requested ||= Number(text?.split(' ')[0] ?? 0) >= after;
    },
  };
  const options = readOptions(['lint', folder, '--jobs', '1', '--format', 'json']);
  const exitCode = await lint.run(options, console, interruption);
  return { exitCode, notes, files: documents.flatMap(({ files }) => files) };
}

test('a damaged file has its own error, and all others are looked at', async () => {
  const { exitCode, files } = await said(folderWith(5, [2]));
  expect(exitCode).toBe(2);
  expect(files.map(({ error }) => error === null)).toEqual([true, true, false, true, true]);
});

test('an interruption leaves what is found so far, and says how much was not looked at', async () => {
  const { exitCode, notes, files } = await said(folderWith(5), 2);
  expect(exitCode).toBe(3);
  expect(files).toHaveLength(2);
  expect(notes).toContain('interrupted: 3 of 5 files were not looked at');
});
