import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('docs/reference/verdicts.md is what everything explored again comes to', () => {
  const script = fileURLToPath(new URL('../../../tools/verdicts.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
});
