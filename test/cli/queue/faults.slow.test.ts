// What dies while others wait for it: nothing is lost, and nothing is counted twice.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fwspec, type Result, scratch } from '../fwspec.ts';
import { client, freePort, type Running, redis, worker } from './processes.ts';

/** Pieces of about a second each. */
const kernels = ['v6.7-rc1', 'v6.8', 'v6.12', 'v7.3'];
const compared = [
  ...['compare', '--kernels', kernels.join(), '--scenarios', 'cover-letter,two-iommus'],
  ...['--max-executions', '250', '--json'],
];
const pieces = 8;

let alone: Result;
beforeAll(async () => {
  alone = await fwspec(compared);
});

async function queue(
  ...more: readonly string[]
): Promise<{ url: string; port: number; folder: string; server: Running }> {
  const port = await freePort();
  const folder = scratch();
  const server = await redis(port, folder, ...more);
  return { url: `redis://127.0.0.1:${port}`, port, folder, server };
}

async function expectSame(run: Running): Promise<void> {
  const code = await run.ended;
  expect(run.stdout).toBe(alone.stdout);
  expect(code).toBe(alone.code);
}

/** A worker that is missed soon. On a busy machine it may be missed while it is there. */
const soon = ['--lock', '1'];

const done = (workers: readonly Running[]): string[] => workers.flatMap((one) => one.done).sort();

describe('a run through a queue says what it says without one', () => {
  test('when a worker is killed in the middle of a piece', async () => {
    const { url } = await queue();
    const workers = [await worker(url, ...soon), await worker(url, ...soon)] as const;
    const run = client(url, compared);
    await workers[0].says(/^fwspec: \w{8} search /m);
    await workers[0].kill();
    expect(workers[0].done).toEqual([]);
    await expectSame(run);
    expect(new Set(done(workers)).size).toBe(pieces);
    expect(workers[1].stderr).toMatch(/search .* \(try 2\)$/m);
  });

  test('when the client is killed and comes back: it finds its run', async () => {
    const { url } = await queue();
    const workers = [await worker(url), await worker(url)] as const;
    const first = client(url, compared);
    await workers[0].says(/ done in /);
    await first.kill();
    const again = client(url, compared);
    await expectSame(again);
    expect(done(workers).length).toBe(pieces);
    expect(again.stderr).toMatch(/^fwspec: \d of 8 pieces were done before$/m);
    const third = client(url, compared);
    await expectSame(third);
    expect(third.stderr).toContain('8 of 8 pieces were done before');
    expect(done(workers).length).toBe(pieces);
  });

  test('when the server is killed and comes back with what it had', async () => {
    const { url, port, folder, server } = await queue();
    const workers = [await worker(url, '--lock', '4'), await worker(url, '--lock', '4')] as const;
    const run = client(url, compared);
    await workers[0].says(/ done in /);
    await server.kill();
    await run.says(/ is gone \(.*\): waiting for it/);
    await redis(port, folder);
    await expectSame(run);
    expect(run.stderr).toMatch(/ is back$/m);
    expect(new Set(done(workers)).size).toBe(pieces);
  });

  test('when the server comes back and has forgotten everything', async () => {
    const { url, port, server } = await queue();
    const workers = [await worker(url, '--lock', '4'), await worker(url, '--lock', '4')];
    const run = client(url, compared);
    await workers[0]?.says(/ done in /);
    await server.kill();
    await redis(port, scratch());
    await expectSame(run);
  });
});

test('a worker that is asked to end finishes what it has begun', async () => {
  const { url } = await queue();
  const [first, second] = [await worker(url), await worker(url)];
  const run = client(url, compared);
  await first.says(/^fwspec: \w{8} search /m);
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  expect(first.stderr).toMatch(/ending: .*\n(.*done in.*\n)?fwspec: 1 pieces done\n$/);
  await expectSame(run);
  expect(done([first, second]).length).toBe(pieces);
});

test('a worker that is asked to end does not wait for a server that is gone', async () => {
  const { url, server } = await queue();
  const [busy, idle] = [await worker(url), await worker(url)];
  const run = client(url, [...compared.slice(0, 4), 'cover-letter', '--max-executions', '250']);
  await busy.says(/^fwspec: \w{8} search /m);
  await server.kill();
  for (const one of [busy, idle]) {
    await one.says(/ is gone /);
    one.child.kill('SIGTERM');
  }
  // What is done lies nowhere.
  expect([await busy.ended, await idle.ended].sort().at(-1)).toBe(2);
  await run.kill();
});

describe('a piece that nobody survives', () => {
  const patched = ['compare', '--scenarios', 'cover-letter', '--kernels', 'v6.7-rc1'];
  const bounded = ['--max-executions', '20', '--json'];

  test('is given up after three tries, and the others are done', async () => {
    const folder = scratch();
    const patch = join(folder, 'poison.mjs');
    writeFileSync(
      patch,
      "export default { subject: 's', replaces: { *iommu_fwspec_init() { process.kill(process.pid, 'SIGKILL'); } } };",
    );
    const { url } = await queue();
    const workers: Running[] = [];
    for (let i = 0; i < 4; i++) workers.push(await worker(url, ...soon, '--patch', patch));
    const run = client(url, [...patched, ...bounded, '--patch', patch]);
    expect(await run.ended).toBe(2);
    const killed = workers.filter(({ child }) => child.signalCode === 'SIGKILL');
    expect(killed.length).toBe(3);
    const { rows } = JSON.parse(run.stdout) as { rows: Record<string, unknown>[] };
    const [good, poisoned] = rows;
    expect(rows.length).toBe(2);
    expect(good).toMatchObject({ kernel: 'v6.7-rc1', executions: 20 });
    expect(good).not.toHaveProperty('error');
    expect(poisoned).toMatchObject({
      kernel: 'v6.7-rc1+poison',
      verdict: 'incomplete',
      complete: false,
      error: 'given up: 3 workers died while they did it',
    });
  });

  test('is told as it is without a queue where it only throws', async () => {
    const patch = join(scratch(), 'throws.mjs');
    writeFileSync(
      patch,
      "export default { subject: 's', replaces: { *iommu_fwspec_init() { throw new TypeError('nobody expects me'); } } };",
    );
    const { url } = await queue();
    await worker(url, '--patch', patch);
    const args = [...patched, ...bounded, '--patch', patch];
    const here = await fwspec([...args, '--jobs', '2']);
    const run = client(url, args);
    expect(await run.ended).toBe(here.code);
    expect(run.stdout).toBe(here.stdout);
    expect(here.stdout).toContain('TypeError');
  });

  test('is given up after three tries where it ends its thread', async () => {
    const patch = join(scratch(), 'ends.mjs');
    writeFileSync(
      patch,
      "export default { subject: 's', replaces: { *iommu_fwspec_init() { process.exit(); } } };",
    );
    const { url } = await queue();
    const one = await worker(url, '--patch', patch);
    const run = client(url, [...patched, ...bounded, '--patch', patch]);
    expect(await run.ended).toBe(2);
    const { rows } = JSON.parse(run.stdout) as { rows: { error?: string }[] };
    expect(rows.map(({ error }) => error !== undefined)).toEqual([false, true]);
    expect(rows[1]?.error).toMatch(/^given up: something in .* ends the program$/);
    expect(one.stderr.match(/^fwspec: failed at try \d/gm)).toEqual([
      'fwspec: failed at try 1',
      'fwspec: failed at try 2',
      'fwspec: failed at try 3',
    ]);
  });
});
