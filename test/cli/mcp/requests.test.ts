// Whatever a client sends becomes a question within bounds, or one line that says what is wrong.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedFor } from '../../../src/cli/mcp/request.ts';
import { loadSdk } from '../../../src/cli/mcp/sdk.ts';
import { inputSchema, toolsFor } from '../../../src/cli/mcp/tools.ts';
import { confineTo } from '../../../src/cli/system/confined.ts';
import { readBytes } from '../../../src/cli/system/io.ts';
import { UsageError } from '../../../src/util/index.ts';
import { build, fixture, root, scratch } from '../fwspec.ts';
import { put } from '../linux/fake.ts';
import { clientOf } from './client.ts';

build();

const folder = scratch();
const allowed = { folders: [folder], linux: folder, maxSeconds: 60 };
const tools = toolsFor(allowed);
const { AjvJsonSchemaValidator } = await loadSdk();

/** Options of the commands that let somebody write, run or reach something. */
const never =
  /^--(?:patch|patched|linux|queue|checkpoint|llvm|files|baseline|update-baseline|fix-dts|color)\b/;

test.each(tools.map((tool) => [tool.name, tool] as const))('%s takes anything', (name, tool) => {
  const schema = inputSchema(tool, allowed);
  const validate = new AjvJsonSchemaValidator().getValidator(schema);
  const check = (value: unknown): string | null => validate(value).errorMessage ?? null;
  const names = Object.keys(schema.properties as object);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      'x'.repeat(5000),
      '--patch=x.ts',
      '-',
      'live',
      '..',
      '/etc/passwd',
      '\u0000',
      '\ud800',
    ),
    fc.constantFrom(-1, 1e300, 0.5, true, [], {}, [''], ['x'], null),
    fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 3 }),
  );
  const given = fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string({ unit: 'binary' })),
    value,
    { maxKeys: 4 },
  );
  let taken = 0;
  fc.assert(
    fc.property(given, (request) => {
      try {
        const { options, seconds, tool: asked } = askedFor(tool, request, allowed, check);
        taken++;
        expect(asked).toBe(name);
        expect(options.filter((option) => !option.startsWith('--') || never.test(option))).toEqual(
          [],
        );
        expect(seconds >= 1 && seconds <= 60).toBe(true);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        expect(error.message).not.toMatch(/\n/);
        expect(error.message.length).toBeLessThan(2000);
      }
    }),
    { numRuns: 300 },
  );
  // It has not refused everything.
  if (tool.required.length === 0 && name !== 'judge') expect(taken).toBeGreaterThan(0);
});

test('a folder that becomes a link between looking and opening shows nothing of the other side', async () => {
  const top = scratch();
  const [inside, outside] = [join(top, 'inside'), join(top, 'outside')];
  for (const path of [inside, outside, join(inside, 'flip')]) mkdirSync(path);
  writeFileSync(join(inside, 'flip/a'), 'good');
  writeFileSync(join(outside, 'a'), 'secret');
  symlinkSync(outside, join(inside, 'link'));
  const flipping = new Worker(
    `const { renameSync } = require('node:fs');
    const [flip, link, away] = require('node:worker_threads').workerData;
    for (;;) {
      renameSync(flip, away); renameSync(link, flip);
      renameSync(flip, link); renameSync(away, flip);
    }`,
    { eval: true, workerData: ['flip', 'link', 'away'].map((name) => join(inside, name)) },
  );
  await new Promise((resolve) => flipping.once('online', resolve));
  const seen = new Set<string>();
  confineTo([inside]);
  try {
    const until = performance.now() + 2000;
    while (performance.now() < until) {
      try {
        seen.add(Buffer.from(readBytes(join(inside, 'flip/a'))).toString());
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        seen.add('refused');
      }
    }
  } finally {
    delete process.env.FWSPEC_ONLY_IN;
    await flipping.terminate();
  }
  expect([...seen].sort()).toEqual(['good', 'refused']);
});

test('names differ by their case', async () => {
  const { ask } = await clientOf({ folders: [folder] });
  writeFileSync(join(folder, 'Board.dtb'), readFileSync(join(root, fixture('a64-dt-smmu-rp'))));
  expect((await ask('inspect', { machine: 'Board.dtb' })).isError).toBe(false);
  expect((await ask('inspect', { machine: 'board.dtb' })).text).toMatch(/it does not exist, or/);
});

test('the tree of the server is explored where somebody asks for it, and there is one', async () => {
  const tree = put(scratch(), {
    Makefile: 'VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION =\n',
    'drivers/iommu/none.c': '',
  });
  const { ask, tools: shown } = await clientOf({ folders: [folder], linux: tree });
  const question = { scenario: 'cover-letter', linux: true };
  const { isError, text } = await ask('explore', question);
  expect(isError).toBe(true);
  // What is missing is missing in the tree, not in the model.
  expect(text).toMatch(/drivers\/|clang|defconfig|tree/);
  expect((await ask('explore', { ...question, kernel: 'v7.3' })).text).toBe(
    '--kernel and --linux exclude each other',
  );
  expect(JSON.stringify(shown)).toContain("the C of the server's tree");
  const without = await clientOf({ folders: [folder] });
  expect((await without.ask('explore', question)).text).toMatch(/explore takes no "linux"/);
  const model = await ask('explore', { scenario: 'cover-letter', linux: false, max_executions: 3 });
  expect(model.document.kernel).toBe('v6.7-rc1');
});

test('a patch in TypeScript is text that is no diff, and never runs', async () => {
  const tree = put(scratch(), {
    Makefile: 'VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION =\n',
  });
  const mark = join(scratch(), 'ran');
  const program = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); export default {};`;
  for (const name of ['evil.ts', 'evil.mjs', 'evil.cjs'])
    writeFileSync(join(folder, name), program);
  const { ask } = await clientOf({ folders: [folder], linux: tree });
  for (const given of [
    { patch_files: ['evil.ts'] },
    { patch_files: ['evil.mjs', 'evil.cjs'] },
    { patches: [program] },
  ]) {
    const { isError, text } = await ask('judge', given);
    expect(isError).toBe(true);
    expect(text).toMatch(/patch|diff|tree/);
  }
  expect(() => readFileSync(mark)).toThrow(/ENOENT/);
});
