// What a client of the server gets. The client of the SDK holds each document against the schema that the
// server tells of it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { load } from '../../../src/cli/commands/index.ts';
import type { ToolName } from '../../../src/cli/mcp/asked.ts';
import type { Console } from '../../../src/cli/output/console.ts';
import { be32, blob, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible } from '../../machine/trees.ts';
import { build, root } from '../fwspec.ts';
import { clientOf } from './client.ts';

build();

const folder = join(root, 'test/fixtures/dtb');
const machine = 'a64-dt-smmu-rp.dtb';
const { tools, ask } = await clientOf({ folders: [folder] });

/** The document that the command prints for the same question. */
async function printed(tool: ToolName, args: readonly string[]): Promise<unknown> {
  const documents: string[] = [];
  const json = (document: unknown): void => {
    documents.push(JSON.stringify(document));
  };
  const console: Console = {
    style: (_kind, text) => text,
    width: 80,
    line: () => {},
    json,
    answer: ({ document }) => json(document()),
    note: () => {},
    progress: () => {},
  };
  const { run } = await load[tool]();
  await run(readOptions([tool, ...args]), console, { requested: false });
  return withoutTime(JSON.parse(documents[0] ?? 'null'));
}

function withoutTime(document: object): object {
  return { ...document, elapsed_ms: 0 };
}

const path = join(folder, machine);
const bytes = readFileSync(path).toString('base64');

describe('an answer is the document of the command', () => {
  const few = ['--max-executions', '50'];
  const table: readonly [ToolName, object, readonly string[]][] = [
    ['list', { what: 'rules' }, ['rules']],
    [
      'explore',
      {
        scenario: 'cover-letter',
        content_base64: bytes,
        device: '0000:00:00.0',
        max_executions: 9,
      },
      ['cover-letter', '--machine', path, '--device', '0000:00:00.0', '--max-executions', '9'],
    ],
    ['inspect', { machine: path }, [path]],
    [
      'inspect',
      { machine: path, kernel: 'v6.7-rc1', kconfig: ['ARM_SMMU_V3=n'] },
      [path, '--kernel', 'v6.7-rc1', '--kconfig', 'ARM_SMMU_V3=n'],
    ],
    ['inspect', { content_base64: bytes }, [path]],
    [
      'explain',
      { machine: path, device: '0000:00:00.0', full: true },
      [path, '0000:00:00.0', '--full'],
    ],
    ['groups', { machine: path }, [path]],
    ['lint', { machines: [path], ignore: ['smmu3-cells'] }, [path, '--ignore', 'smmu3-cells']],
    ['explore', { scenario: 'cover-letter', max_executions: 50 }, ['cover-letter', ...few]],
  ];
  test.each(
    table.map(([tool, given, args]) => ({
      tool,
      given,
      args,
      what: JSON.stringify(given).slice(0, 60),
    })),
  )('$tool $what', async ({ tool, given, args }) => {
    const { document, isError, text } = await ask(tool, given);
    expect(isError, text).toBe(false);
    expect(withoutTime(document)).toEqual(await printed(tool, args));
  });
});

test('every tool says what it is, what it takes, and that it only reads', () => {
  const names = ['inspect', 'explain', 'groups', 'lint', 'explore', 'replay', 'list'];
  expect(tools.map(({ name }) => name)).toEqual(names);
  for (const { name, description, annotations, inputSchema, outputSchema } of tools) {
    expect(description?.length, name).toBeGreaterThan(60);
    expect(annotations).toMatchObject({
      readOnlyHint: true,
      idempotentHint: true,
      openWorldHint: false,
    });
    expect(inputSchema.additionalProperties).toBe(false);
    for (const [property, schema] of Object.entries(inputSchema.properties ?? {})) {
      expect(schema, `${name}.${property}`).toHaveProperty('description');
      expect(boundOf(schema), `${name}.${property} is bounded`).toBe(true);
    }
    expect(JSON.stringify(outputSchema)).not.toContain('.schema.json');
  }
});

/** Whether nothing can be as large as somebody wants. */
function boundOf(schema: object): boolean {
  const { type, items, ...more } = schema as { type?: string; items?: object };
  if (type === 'array') return 'maxItems' in more && boundOf(items ?? {});
  if (type === 'string') return 'maxLength' in more;
  if (type === 'integer') return 'minimum' in more && 'maximum' in more;
  return type === 'boolean' || 'enum' in more;
}

test('what the schema says is the least and the most is what the command takes', () => {
  const limits = tools.flatMap(({ name, inputSchema }) =>
    Object.entries(inputSchema.properties ?? {}).flatMap(([property, schema]) => {
      const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
      const option = `--${property.replaceAll('_', '-')}`;
      return [minimum, maximum].flatMap((limit) =>
        limit === undefined ? [] : [[name, 'x', `${option}=${limit}`]],
      );
    }),
  );
  expect(limits.length).toBeGreaterThan(8);
  for (const args of limits.filter(([name]) => name === 'explore'))
    expect(() => readOptions(args), args.join(' ')).not.toThrow();
});

test('judge is there where the operator has named a tree, and nowhere else', async () => {
  const { tools: others } = await clientOf({ linux: root });
  expect(others.map(({ name }) => name)).toContain('judge');
  await expect(ask('judge', { patches: ['x'] })).rejects.toThrow(/there is no tool "judge"/);
});

test('a bug that explore finds has a token, and replay of it gives the same witness', async () => {
  const { document } = await ask('explore', {
    scenario: 'two-iommus',
    all: true,
    max_executions: 60,
  });
  expect(document.bugs.length).toBeGreaterThan(2);
  for (const bug of document.bugs.slice(0, 3)) {
    const again = await ask('replay', { token: bug.token });
    // How many executions of the search end so is nothing of the one that is run again.
    expect(again.document.bug).toEqual({ ...bug, classes: 1 });
  }
});

test('a search that is cut short is incomplete, by the document and in words', async () => {
  const { document, text } = await ask('explore', { scenario: 'two-iommus', max_executions: 3 });
  expect(document.complete).toBe(false);
  expect(text).toMatch(/incomplete/);
});

test('text is one screen of 80 columns, and says what it leaves out', async () => {
  const { text } = await ask('explore', {
    scenario: 'cover-letter',
    all: true,
    max_executions: 40,
  });
  const lines = text.split('\n');
  expect(lines.length).toBeLessThan(70);
  expect(text).toMatch(/\d+ more lines are left out here: the document has everything/);
  const wide = lines.filter((line) => line.length > 80 && !line.includes('fwspec replay'));
  expect(wide).toEqual([]);
});

const long = { scenario: 'no-memory', iommus: 3, max_seconds: 50 };

test('progress of a long search is told to who asks for it, and counts up', async () => {
  const told: number[] = [];
  const heard = { onprogress: ({ progress }: { progress: number }) => void told.push(progress) };
  await ask('explore', { ...long, max_seconds: 3 }, heard);
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual(told.map((_, i) => i + 1));
});

test('a request that is cancelled makes room for the next, and leaves nothing', async () => {
  const one = await clientOf({ folders: [folder] }, 1);
  const before = working();
  const cancel = new AbortController();
  const following = { signal: cancel.signal, onprogress: () => cancel.abort() };
  await expect(one.ask('explore', long, following)).rejects.toThrow();
  const began = performance.now();
  expect((await one.ask('list', { what: 'drivers' })).isError).toBe(false);
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(working()).toEqual(before);
});

/** Folders of requests that are at work. */
function working(): string[] {
  return existsSync(tmpdir())
    ? readdirSync(tmpdir()).filter((name) => name.startsWith('fwspec-mcp-'))
    : [];
}

test('what is no search fails when its time is over', async () => {
  const iommu = node('s', [
    compatible('arm,smmu-v3'),
    prop('#iommu-cells', be32(1)),
    prop('phandle', be32(1)),
  ]);
  const clients = Array.from({ length: 60_000 }, (_, i) =>
    node(`n${i}`, [compatible('x'), prop('iommus', be32(1, i + 1))]),
  );
  const content_base64 = Buffer.from(blob(node('', [], [iommu, ...clients]))).toString('base64');
  const began = performance.now();
  const { text, isError } = await ask('inspect', { content_base64, max_seconds: 1 });
  expect(text).toBe('no answer in 1 seconds (ask for less, or for more of max_seconds)');
  expect(isError).toBe(true);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test('requests wait for those at work, and are all answered', async () => {
  const one = await clientOf({ folders: [folder] }, 2);
  const answers = await Promise.all(
    ['kernels', 'scenarios', 'rules', 'drivers'].map((what) => one.ask('list', { what })),
  );
  expect(answers.map(({ document }) => Object.keys(document).at(-1))).toEqual([
    'kernels',
    'scenarios',
    'rules',
    'drivers',
  ]);
});

test('who is cancelled while it waits lets nobody in before a turn is free', async () => {
  const one = await clientOf({ folders: [folder] }, 1);
  const cancel = new AbortController();
  const ended: string[] = [];
  const say = (name: string) => () => void ended.push(name);
  let waiting: Promise<unknown> = Promise.resolve();
  const onprogress = (): void => {
    if (cancel.signal.aborted) return;
    const cancelled = one.ask('list', { what: 'rules' }, { signal: cancel.signal });
    const next = one.ask('list', { what: 'drivers' }).then(say('the next'));
    waiting = Promise.all([cancelled.catch(say('cancelled')), next]);
    // Both of them have been heard by then.
    setTimeout(() => cancel.abort(), 100);
  };
  await one.ask('explore', { ...long, max_seconds: 4 }, { onprogress }).then(say('the first'));
  await waiting;
  expect(ended).toEqual(['cancelled', 'the first', 'the next']);
});

test('more requests than can wait are told so', async () => {
  const one = await clientOf({ folders: [folder] }, 1);
  const cancels = Array.from({ length: 35 }, () => new AbortController());
  const all = cancels.map(({ signal }) => one.ask('explore', long, { signal }).catch(() => null));
  const [first] = (await Promise.race([Promise.any(all.map(async (one) => [await one]))])) ?? [];
  expect(first?.text).toBe('1 requests are at work and 32 wait: ask again later');
  for (const cancel of cancels) cancel.abort();
  await Promise.all(all);
  expect((await one.ask('list', { what: 'drivers' })).isError).toBe(false);
});
