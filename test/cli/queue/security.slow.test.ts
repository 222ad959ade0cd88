// Who else is at the queue, and what they may do there.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { ownIdentity, pieceId, queueName } from '../../../src/cli/queue/travel/identity.ts';
import { packed } from '../../../src/cli/queue/travel/travelling.ts';
import { fixture, fwspec, root, scratch } from '../fwspec.ts';
import { client, freePort, Running, redis, worker } from './processes.ts';

const password = 'correct horse/7';
const lint = ['lint', fixture('a64-dt-smmu-rp')];

let url = '';
let port = 0;
let open: Redis;
beforeAll(async () => {
  port = await freePort();
  await redis(port, scratch(), '--requirepass', password);
  url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  open = new Redis({ port, password, maxRetriesPerRequest: null });
});
afterAll(() => open.disconnect());

/** The piece that `lint` asks for. */
function asked(path: string) {
  const { kernel, patch, asked, assume } = readOptions(['lint', 'x']);
  const options = { kernel, patch, asked, assume };
  const made = packed({ kind: 'lint', given: path, isWalked: false, options }, null);
  if (typeof made === 'string') throw new Error(made);
  return { ...made, id: pieceId(ownIdentity(), made.sent) };
}

/** A copy of the program in a folder of its own. */
function elsewhere(version: string, withPackages: boolean): string {
  const folder = scratch();
  mkdirSync(join(folder, 'dist'));
  for (const name of [
    'cli',
    'parts',
    'vendor',
    'model-digest',
    'code-digest',
    'explore',
    'linux',
    'firmware',
    'llvm',
    'index.js',
  ])
    cpSync(join(root, 'dist', name), join(folder, 'dist', name), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
  if (withPackages) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist/cli/main.js');
}

describe('a password', () => {
  test('reaches no output, no message and no list of processes, by URL and by the environment', async () => {
    const env = { FWSPEC_QUEUE_PASSWORD: password, DEBUG: '*' };
    const main = join(root, 'dist/cli/main.js');
    const one = new Running(process.execPath, [main, 'worker', '--queue', url, '--jobs', '1'], {
      DEBUG: '*',
    });
    await one.says(/ at once, from /);
    const plain = `redis://127.0.0.1:${port}`;
    const other = new Running(process.execPath, [main, ...lint, '--json', '--queue', plain], env);
    const shown = readFileSync(`/proc/${one.child.pid}/cmdline`, 'utf8');
    expect(shown.replaceAll('\0', ' ').trim()).toBe('fwspec worker');
    expect(await other.ended).toBe((await fwspec(lint)).code);
    await one.kill('SIGTERM');
    const all = one.stdout + one.stderr + other.stdout + other.stderr;
    for (const form of [password, encodeURIComponent(password), 'correct', 'horse'])
      expect(all).not.toContain(form);
    expect(one.stderr).toContain(`from ${plain}`);
  });

  test('that is wrong is refused without it', async () => {
    const wrong = `redis://:wrong-secret@127.0.0.1:${port}`;
    const { code, stdout, stderr } = await fwspec([...lint, '--queue', wrong]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^fwspec: no queue at redis:\/\/127\.0\.0\.1:\d+: WRONGPASS .*\n$/);
    expect(stderr).not.toContain('secret');
  });
});

test('a worker of another version does nothing, and both sides say so', async () => {
  const main = elsewhere('9.9.9', true);
  const other = new Running(process.execPath, [main, 'worker', '--queue', url]);
  await other.says(/fwspec 9\.9\.9 .* at once, from /);
  const run = client(url, ['lint', fixture('dtb-plat-bus'), '--max-seconds', '9']);
  expect(await run.ended).toBe(3);
  expect(run.stderr).toMatch(
    /no worker with fwspec \d\S* \(model \w+, code \w+\) is there; of another version there is fwspec 9\.9\.9 .*: waiting for one/,
  );
  expect(run.stderr).toContain('1 of 1 files were not looked at');
  expect(other.stderr).toMatch(
    /refused: a client asks for fwspec \d\S* .*, which this worker is not/,
  );
  expect(other.done).toEqual([]);
  await other.kill();
});

describe('no code travels', () => {
  const patch = join(scratch(), 'mine.mjs');
  writeFileSync(patch, "export default { subject: 's', replaces: {} };");
  const compared = ['compare', '--scenarios', 'cover-letter', '--kernels', 'v6.7-rc1'];
  const args = [...compared, '--max-executions', '5', '--max-seconds', '9', '--patch', patch];

  test('a worker without the patch refuses it, and one with the same file does it', async () => {
    const without = await worker(url);
    const alone = client(url, args);
    expect(await alone.ended).toBe(1);
    expect(alone.stderr).toMatch(/no worker with the patch mine \(sha256 \w{12}\) is there/);
    expect(without.stderr).toMatch(/refused: a client asks for the patch mine \(sha256 \w{12}\)/);
    const copy = join(scratch(), 'mine.mjs');
    cpSync(patch, copy);
    const having = await worker(url, '--patch', copy);
    const run = client(url, args);
    await run.ended;
    expect(run.stdout).toBe((await fwspec(args)).stdout);
    expect(having.stderr).toContain('v6.7-rc1+mine');
    await without.kill();
    await having.kill();
  });

  test('a piece in the wrong queue, or under a wrong name, is refused at once', async () => {
    const one = await worker(url);
    const { sent, id } = asked(join(root, fixture('dtb-plat-two')));
    const queue = new Queue(queueName(ownIdentity(), null), { connection: open, prefix: 'fwspec' });
    const named = { ...sent, patch: { file: 'evil', digest: 'e'.repeat(64) } };
    await queue.add('piece', named, { jobId: pieceId(ownIdentity(), named), attempts: 3 });
    await one.says(/failed at try 1: refused: this worker was not started with the patch evil/);
    await queue.add('piece', sent, { jobId: 'f'.repeat(64), attempts: 3 });
    await one.says(/failed at try 1: refused: it is not the piece that its name says/);
    await queue.add('piece', { ...sent, more: 'x'.repeat(300_000) }, { jobId: id, attempts: 3 });
    await one.says(/failed at try 1: refused: it is no piece of this version/);
    expect(one.done).toEqual([]);
    await queue.close();
    await one.kill();
  });
});

describe('what lies in the queue is looked at', () => {
  const path = join(root, fixture('dtb-map-badlen'));
  test.each<[string, () => Buffer, RegExp]>([
    [
      'another result',
      () => deflateRawSync('{"result":{}}'),
      /not what a worker of this version gives/,
    ],
    [
      'an escape sequence',
      () => deflateRawSync(JSON.stringify({ error: 'x\x1b[2Jy' })),
      /x\\x1b\[2Jy/,
    ],
    ['bytes', () => Buffer.from('hello'), /cannot be read/],
    ['too much', () => Buffer.alloc(17 * 1024 * 1024), /is too large/],
  ])('%s is an error of its piece', async (_what, bytes, says) => {
    const { id } = asked(path);
    await open.set(`fwspec:result:${id}`, bytes());
    const { code, stdout, stderr } = await fwspec(['lint', path, '--queue', url]);
    expect(code).toBe(2);
    expect(stdout).toMatch(says);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout + stderr).not.toMatch(/\x1b/);
    // It is not taken again.
    expect(await open.exists(`fwspec:result:${id}`)).toBe(0);
  });

  test('the contents of a file that are not those that were sent', async () => {
    const one = await worker(url);
    const { sent } = asked(path);
    const [, digest] = sent.parcels[0]?.files[0] ?? [];
    await open.set(`fwspec:file:${digest}`, deflateRawSync('something else'));
    const { code, stdout } = await fwspec(['lint', path, '--queue', url]);
    expect(code).toBe(2);
    expect(stdout).toContain('the contents of a file are those of another');
    await open.del(`fwspec:file:${digest}`);
    await one.kill();
  });
});

test('without what it needs it says what to install', async () => {
  const run = new Running(process.execPath, [elsewhere('1.0.0', false), ...lint, '--queue', url]);
  expect(await run.ended).toBe(2);
  expect(run.stderr).toBe(
    'fwspec: --queue needs ioredis, which is not installed beside fwspec (npm install bullmq@6 ioredis)\n',
  );
});
