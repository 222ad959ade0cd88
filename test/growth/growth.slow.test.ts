import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build, root } from '../cli/fwspec.ts';
import { growing } from './all.ts';
import { filesOf, type Growing } from './growing.ts';

beforeAll(build);

const factor = 4;
/** n log n gives little more than 4, n squared 16: what is between is noise. */
const most = 10;
/** A process takes as long to begin. */
const least = 0.4;

/** Seconds of processor time that the program takes for an input of this size. */
function secondsFor({ make, ask = (path) => ['inspect', path, '--json'] }: Growing, n: number) {
  const folder = mkdtempSync(join(tmpdir(), 'growth-'));
  try {
    const files = filesOf(make(n));
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const [only = '', ...more] = files.keys();
    const path = more.length === 0 && !only.includes('/') ? join(folder, only) : folder;
    const preload = join(root, 'bench/growth/measure.mjs');
    const program = join(root, 'dist/cli/main.js');
    const run = spawnSync(process.execPath, ['--import', preload, program, ...ask(path)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    // 1: something was found; 3: a search was cut short.
    expect([0, 1, 3], run.stderr.toString()).toContain(run.status);
    return (JSON.parse(String(run.output[3])) as { seconds: number }).seconds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each(growing.map((row) => [row.name, row] as const))(
  'four times as much does not take ten times as long: %s',
  (_name, row) => {
    const n = Math.min(row.start * 2, (row.most ?? Infinity) / factor);
    const few = Math.max(least, secondsFor(row, n));
    expect(secondsFor(row, n * factor) / few).toBeLessThan(most);
  },
);
