import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** The code blocks of the guides are tests: run them as they stand. */
const guides = ['explore', 'async'];
const source = new URL('../../src/explore/index.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'guide-'));
afterAll(() => rmSync(folder, { recursive: true }));

for (const name of guides) {
  const guide = readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8');
  const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
  it(`${name}.md has code blocks, each with a test`, () => {
    expect(blocks.length).toBeGreaterThan(3);
    expect(blocks.filter((code) => !/^it\(/m.test(code))).toEqual([]);
  });
  for (const [i, code] of blocks.entries()) {
    const file = join(folder, `${name}-${i + 1}.ts`);
    writeFileSync(file, code.replace("'fwspec/explore'", `'${source}'`));
    describe(`code block ${i + 1} of ${name}.md`, async () => {
      await import(/* @vite-ignore */ file);
    });
  }
}
