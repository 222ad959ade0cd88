// The built program, as a client starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { bounds } from '../../../src/cli/mcp/asked.ts';
import { messagesOf } from '../../../src/cli/mcp/lines.ts';
import { loadSdk } from '../../../src/cli/mcp/sdk.ts';
import { build, fwspec, root, scratch } from '../fwspec.ts';

beforeAll(build);

/** What a server says to lines, until it has said so many; then its input ends. */
async function said(
  lines: readonly (string | Buffer)[],
  count: number,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
) {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'mcp', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const heard = new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => {
      stdout += text;
      if (stdout.split('\n').length > count) resolve();
    });
    void closed.then(() => resolve());
  });
  for (const line of lines) child.stdin.write(line);
  await heard;
  child.stdin.end();
  const code = await closed;
  // Each line of standard output is a message, and nothing else is there.
  const messages = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { code, messages, stderr };
}

function request(id: number, method: string, params: object = {}): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
}

const hello = request(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});

function line(size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size, 'a'), Buffer.from('\n')]);
}

const broken: readonly (readonly [string, string | Buffer, number])[] = [
  ['no JSON', '{"jsonrpc": \n', -32700],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x0a]), -32700],
  ['no request', '[1, 2]\n', -32600],
  ['another protocol', '{"id": 7, "method": "tools/list"}\n', -32600],
  ['what is nested deep', `${'['.repeat(200_000)}${']'.repeat(200_000)}\n`, -32600],
  ['as much as is taken', line(bounds.request), -32700],
  ['more than is taken', line(bounds.request + 1), -32600],
];

describe('a line that is no message is refused', async () => {
  const { JSONRPCMessageSchema } = await loadSdk();

  test.each(broken)('%s', (_what, line, code) => {
    const refused: number[] = [];
    const lines = messagesOf(
      (value) => JSONRPCMessageSchema.safeParse(value).success,
      ({ error }) => refused.push(error.code),
    );
    const passed: string[] = [];
    lines.on('data', (text) => passed.push(String(text)));
    lines.write(line);
    lines.write(hello);
    expect(refused).toEqual([code]);
    expect(lines.read()?.toString() ?? passed.join('')).toBe(hello);
  });
});

test('nothing that is sent ends it', async () => {
  const lines = [
    ...broken.map(([, line]) => line),
    request(8, 'files/read', { path: '/etc/passwd' }),
    request(9, 'tools/call', { name: 'exec', arguments: {} }),
  ];
  const { messages, stderr } = await said([hello, ...lines, request(2, 'ping')], lines.length + 2);
  const codes = messages.map(({ error }) => error?.code).filter(Boolean);
  expect(codes.toSorted()).toEqual(
    [...broken.map(([, , code]) => code), -32601, -32602].toSorted(),
  );
  expect(messages.map(({ id }) => id)).toContain(2);
  expect(stderr).not.toMatch(/\bat .*\.js:/);
});

test('it ends with its input, and says on standard error what it reads', async () => {
  const { code, stderr } = await said([hello], 1, ['test/fixtures/dtb']);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^fwspec: answers on standard input and output, and reads .*test\/fixtures\/dtb\n$/,
  );
});

test('a question is answered in the terms of the protocol', async () => {
  const ask = request(2, 'tools/call', { name: 'list', arguments: { what: 'drivers' } });
  const { messages } = await said([hello, ask], 2);
  expect(messages[1]).toMatchObject({ id: 2, result: { structuredContent: { command: 'list' } } });
});

test.each([
  [['nowhere'], /^fwspec: cannot read nowhere: it does not exist/],
  [['package.json'], /it is no directory/],
  [['/proc/self'], /what the kernel makes up is not for others/],
  [['--linux', 'docs'], /docs is no kernel tree/],
  [['--max-seconds', '0'], /--max-seconds takes a whole number/],
])('%j is bad usage, told in a line', async (args, why) => {
  const { code, stdout, stderr } = await fwspec(['mcp', ...args]);
  expect(stderr).toMatch(why);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('without the package of the protocol it says which one is missing', async () => {
  const folder = scratch();
  for (const part of ['package.json', 'docs/reference/schemas'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  for (const part of ['cli', 'parts', 'explore', 'model-digest', 'code-digest', 'index.js'])
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), { recursive: true });
  const child = spawn(process.execPath, [join(folder, 'dist/cli/main.js'), 'mcp'], { cwd: folder });
  let text = '';
  child.stderr.on('data', (part) => {
    text += part;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(text).toBe(
    'fwspec: mcp needs the package @modelcontextprotocol/sdk, which is not installed (npm install @modelcontextprotocol/sdk@1)\n',
  );
  expect(code).toBe(2);
});

test.each([
  ['is killed', (server: ChildProcess) => void server.kill('SIGKILL')],
  ['has lost its client', (server: ChildProcess) => void server.stdin?.end()],
])('a search does not outlive a server that %s, nor does its folder', async (_why, leave) => {
  const temporary = scratch();
  const server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'mcp'], {
    env: { ...process.env, TMPDIR: temporary },
  });
  const long = { scenario: 'no-memory', iommus: 3, max_seconds: 60 };
  const asked = { name: 'explore', arguments: long, _meta: { progressToken: 1 } };
  server.stdin.write(hello + request(2, 'tools/call', asked));
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (text) => {
      if (String(text).includes('progress')) resolve();
    });
  });
  expect(readdirSync(temporary)).toHaveLength(1);
  leave(server);
  await vi.waitFor(() => expect(readdirSync(temporary)).toEqual([]), 30_000);
});

describe.each([
  ['a file', join(root, 'package.json'), /^cannot keep compiled files in .*: a part of its path/],
  ['where nothing can be made', '/proc/nobody', /^cannot keep compiled files in \/proc\/nobody/],
])('with a home that is %s', (_what, HOME, why) => {
  const tree = join(scratch(), 'linux');
  mkdirSync(join(tree, 'drivers/iommu'), { recursive: true });
  const version = ['VERSION = 9', 'PATCHLEVEL = 8', 'SUBLEVEL = 7', 'EXTRAVERSION =', ''];
  writeFileSync(join(tree, 'Makefile'), version.join('\n'));
  const env = { HOME, XDG_CACHE_HOME: '' };

  test.each<[string, object, object]>([
    ['list', { what: 'drivers' }, { structuredContent: { command: 'list' } }],
    ['judge', { patches: ['x'] }, { content: [{ text: expect.stringMatching(why) }] }],
  ])('%s needs it only to compile', async (name, args, result) => {
    const ask = request(2, 'tools/call', { name, arguments: args });
    const { messages } = await said([hello, ask], 2, ['--linux', tree], env);
    expect(messages[1]).toMatchObject({ id: 2, result });
  });
});
