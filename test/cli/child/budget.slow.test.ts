import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fwspec, root, scratch } from '../fwspec.ts';

const search = [
  'explore',
  'two-iommus',
  '--driver',
  'virtio-iommu',
  '--ignore',
  'data-race',
  '--json',
];

/** What a document says, but for the time it took. */
function timeless(stdout: string): unknown {
  return { ...(JSON.parse(stdout) as object), elapsed_ms: 0 };
}

/** Starts a search and kills it as soon as it has written where it stands. */
async function killed(args: readonly string[], file: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    stdio: 'ignore',
  });
  const timer = setInterval(() => {
    if (existsSync(file)) child.kill('SIGKILL');
  }, 5);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('exit', (_code, by) => resolve(by));
  });
  clearInterval(timer);
  return signal;
}

test('several threads print what one prints', { timeout: 180_000 }, async () => {
  const [one, three] = await Promise.all(
    ['1', '3'].map((jobs) =>
      fwspec(['explore', 'two-iommus', '--driver', 'apple-dart', '--json', '--jobs', jobs]),
    ),
  );
  expect(timeless(three?.stdout ?? '')).toEqual(timeless(one?.stdout ?? ''));
});

describe('a search that is written down', () => {
  test('goes on after a kill with nothing lost and nothing done twice', {
    timeout: 180_000,
  }, async () => {
    const file = join(scratch(), 'search.json');
    expect(await killed([...search, '--checkpoint', file], file)).toBe('SIGKILL');
    const resumed = await fwspec([...search, '--checkpoint', file]);
    const whole = await fwspec(search);
    expect(resumed.code).toBe(whole.code);
    expect(timeless(resumed.stdout)).toEqual(timeless(whole.stdout));
  });

  test('goes on after ten kills at any moments', { timeout: 300_000 }, async () => {
    const program = join(root, 'tools/kill-loop.mjs');
    const cheap = ['--driver', 'virtio-iommu', '--ignore', 'data-race'];
    const child = spawn(process.execPath, [program, '10', 'explore', 'cover-letter', ...cheap]);
    let said = '';
    for (const from of [child.stdout, child.stderr])
      from.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toMatch(/^10 kills, \d+ searches to their end: each came to the same\n$/);
    expect(code).toBe(0);
  });

  test('is not taken for another search, and no other file for a search', {
    timeout: 60_000,
  }, async () => {
    const file = join(scratch(), 'search.json');
    await fwspec([...search, '--checkpoint', file, '--max-executions', '20']);
    const other = await fwspec(['explore', 'cover-letter', '--checkpoint', file]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/^fwspec: cannot go on from .*another search\n$/);
    rmSync(file);
    writeFileSync(file, '{"fwspec":');
    const broken = await fwspec([...search, '--checkpoint', file]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/^fwspec: cannot go on from .*no checkpoint/);
  });
});

describe('what else can be asked of a search', () => {
  test('a second engine agrees, and the histogram counts every class', {
    timeout: 60_000,
  }, async () => {
    const { code, stdout } = await fwspec([
      'explore',
      'cover-letter',
      '--kernel',
      'v6.7',
      '--cross-check',
      '--histogram',
      '--json',
    ]);
    const document = JSON.parse(stdout) as {
      executions: number;
      histogram: number[];
      cross_check: { states: number; differences: string[] };
    };
    expect(code).toBe(1);
    expect(document.cross_check.differences).toEqual([]);
    expect(document.cross_check.states).toBeGreaterThan(100);
    expect(document.histogram.reduce((sum, classes) => sum + classes, 0)).toBe(document.executions);
  });

  test('random executions are the same for a seed, and never clean', {
    timeout: 60_000,
  }, async () => {
    const random = [
      'explore',
      'cover-letter',
      '--kernel',
      'v6.7',
      '--max-executions',
      '50',
      '--json',
    ];
    const runs = await Promise.all(
      ['uniform', 'uniform', 'pct'].map((mode) =>
        fwspec([...random, '--random', mode, '--seed', '7']),
      ),
    );
    const documents = runs.map(
      ({ stdout }) => timeless(stdout) as { verdict: string; complete: boolean },
    );
    expect(documents[0]).toEqual(documents[1]);
    for (const { verdict, complete } of documents) {
      expect(complete).toBe(false);
      expect(['bug', 'incomplete']).toContain(verdict);
    }
  });
});
