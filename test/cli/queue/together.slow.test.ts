// Several at one queue, and what is around them.
import { beforeAll, describe, expect, test } from 'vitest';
import { fwspec, type Result, scratch } from '../fwspec.ts';
import { client, freePort, type Running, redis, worker } from './processes.ts';

const compared = [
  ...['compare', '--kernels', 'v6.7-rc1,v6.12', '--scenarios', 'cover-letter,two-iommus'],
  ...['--max-executions', '150', '--json'],
];
const pieces = 4;

let alone: Result;
beforeAll(async () => {
  alone = await fwspec(compared);
});

async function expectSame(run: Running): Promise<void> {
  expect(await run.ended).toBe(alone.code);
  expect(run.stdout).toBe(alone.stdout);
}

const done = (workers: readonly Running[]): string[] => workers.flatMap((one) => one.done);

test('two clients that ask for the same at once get it, and it is done once', async () => {
  const port = await freePort();
  await redis(port, scratch());
  const url = `redis://127.0.0.1:${port}`;
  const workers = [await worker(url), await worker(url)];
  const runs = [client(url, compared), client(url, compared)];
  for (const run of runs) await expectSame(run);
  expect(done(workers)).toHaveLength(pieces);
});

test('so do they when the server is killed meanwhile', async () => {
  const port = await freePort();
  const folder = scratch();
  const server = await redis(port, folder);
  const url = `redis://127.0.0.1:${port}`;
  const one = await worker(url, '--lock', '4');
  const runs = [client(url, compared), client(url, compared)];
  await one.says(/ done in /);
  await server.kill();
  for (const run of runs) await run.says(/ is gone /);
  await redis(port, folder);
  for (const run of runs) await expectSame(run);
  expect(new Set(done([one])).size).toBe(pieces);
});

test('of eight workers at few pieces some are idle, and end at once when they are asked to', async () => {
  const port = await freePort();
  await redis(port, scratch());
  const url = `redis://127.0.0.1:${port}`;
  const workers = await Promise.all(Array.from({ length: 8 }, () => worker(url)));
  const run = client(url, compared);
  await expectSame(run);
  expect(done(workers)).toHaveLength(pieces);
  const began = performance.now();
  for (const { child } of workers) child.kill('SIGTERM');
  expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual(Array(8).fill(0));
  expect(performance.now() - began).toBeLessThan(20_000);
});

describe('a worker', () => {
  test('that comes before its server is one line', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await fwspec(['worker', '--queue', url]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^fwspec: no queue at redis:\S+: connect ECONNREFUSED [^\n]*\n$/);
  });

  test('that is asked to end by SIGTERM finishes its piece, and exits with 0', async () => {
    const port = await freePort();
    await redis(port, scratch());
    const url = `redis://127.0.0.1:${port}`;
    const one = await worker(url);
    const run = client(url, compared);
    await one.says(/^fwspec: \w{8} search /m);
    one.child.kill('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(one.done).toHaveLength(1);
    const other = await worker(url);
    await expectSame(run);
    expect(done([one, other])).toHaveLength(pieces);
  });

  test('that is asked twice ends at once, and another one does its piece', async () => {
    const port = await freePort();
    await redis(port, scratch());
    const url = `redis://127.0.0.1:${port}`;
    const one = await worker(url, '--lock', '1');
    const run = client(url, compared);
    await one.says(/^fwspec: \w{8} search /m);
    one.child.kill('SIGINT');
    await one.says(/ending: /);
    one.child.kill('SIGINT');
    await one.ended;
    const other = await worker(url, '--lock', '1');
    await expectSame(run);
    expect(new Set(done([one, other])).size).toBe(pieces);
  });

  test('needs no home', async () => {
    const port = await freePort();
    await redis(port, scratch());
    const url = `redis://127.0.0.1:${port}`;
    const home = process.env.HOME;
    process.env.HOME = '/proc/nobody';
    try {
      const one = await worker(url);
      const run = client(url, compared);
      await expectSame(run);
      expect(done([one])).toHaveLength(pieces);
      expect(one.stderr + run.stderr).not.toMatch(/nobody|ENOENT|EACCES/);
    } finally {
      process.env.HOME = home;
    }
  });
});
