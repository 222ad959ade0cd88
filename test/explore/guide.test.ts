import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';

/** The code blocks of the guide are tests: run them as they stand. */
const guide = readFileSync(new URL('../../docs/guide/explore.md', import.meta.url), 'utf8');
const source = new URL('../../src/explore/index.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'guide-'));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
for (const [i, code] of blocks.entries()) {
  const file = join(folder, `block-${i + 1}.ts`);
  writeFileSync(file, code.replace("'fwspec/explore'", `'${source}'`));
  describe(`code block ${i + 1} of the guide`, async () => {
    await import(/* @vite-ignore */ file);
  });
}
