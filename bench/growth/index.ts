// How time and memory grow with each kind of input: the program itself, with an input of a size and with
// some times as much.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growing } from '../../test/growth/all.ts';
import { filesOf, type Growing } from '../../test/growth/growing.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** One size, at which the input has a megabyte. */
    megabyte: { type: 'boolean', default: false },
    /** Another one to measure, such as that of an older checkout. */
    program: { type: 'string', default: join(root, 'dist/cli/main.js') },
    /** Seconds after which it is ended. */
    patience: { type: 'string', default: '60' },
  },
});

interface Measured {
  readonly bytes: number;
  readonly seconds: number;
  readonly megabytes: number;
  readonly output: number;
  readonly code: number | null;
}

/** Each size is so many times the one before. */
const factor = 2;
const sizes = 3;

function main(): void {
  const smallest = { name: 'nothing', start: 1, make: () => ({ dtb: emptyTree }) };
  const base = measured(smallest, 1);
  console.log(`without an input: ${base.seconds.toFixed(2)} s, ${base.megabytes.toFixed(0)} MB`);
  const last = values.megabyte ? 'per byte' : 'exponent';
  console.log(`input                                  n      kB    CPU s     MB  out kB  ${last}`);
  for (const row of growing) {
    if (positionals.length > 0 && !positionals.some((some) => row.name.startsWith(some))) continue;
    if (values.megabyte) {
      const n = ofOneMegabyte(row);
      const now = above(measured(row, n), base);
      console.log(line(row.name, n, now, ((now.megabytes * 1e6) / now.bytes).toFixed(0)));
      continue;
    }
    let before: Measured | null = null;
    for (let k = 0; k < sizes; k++) {
      const n = row.start * factor ** k;
      const now = above(measured(row, n), base);
      const exponent = before === null ? '' : Math.log2(now.seconds / before.seconds).toFixed(2);
      console.log(line(k === 0 ? row.name : '', n, now, exponent));
      before = now;
    }
  }
}

/** A devicetree of nothing but its root. */
const emptyTree = Uint8Array.from(
  Buffer.from(
    `d00dfeed00000048000000380000004800000028000000110000001000000000${'0'.repeat(8)}00000010` +
      `${'0'.repeat(32)}00000001000000000000000200000009`,
    'hex',
  ),
);

function above(now: Measured, base: Measured): Measured {
  const seconds = Math.max(0.01, now.seconds - base.seconds);
  return { ...now, seconds, megabytes: Math.max(0, now.megabytes - base.megabytes) };
}

function line(name: string, n: number, now: Measured, last: string): string {
  const ended = now.code !== null && now.code < 2 ? '' : `  exit ${now.code ?? 'none'}`;
  return [
    name.padEnd(34),
    String(n).padStart(6),
    (now.bytes / 1000).toFixed(0).padStart(8),
    now.seconds.toFixed(2).padStart(9),
    now.megabytes.toFixed(0).padStart(7),
    (now.output / 1000).toFixed(0).padStart(8),
    last.padStart(10),
    ended,
  ].join('');
}

function ofOneMegabyte(row: Growing): number {
  const n = row.start * 4;
  return Math.max(1, Math.min(row.most ?? Infinity, Math.round((n * 1e6) / sizeOf(row, n))));
}

function sizeOf({ make }: Growing, n: number): number {
  return [...filesOf(make(n)).values()].reduce((sum, { length }) => sum + length, 0);
}

/** Run the program on an input of this size. */
function measured(
  { make, ask = (path) => ['inspect', path, '--json'] }: Growing,
  n: number,
): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'growth-'));
  try {
    const files = filesOf(make(n));
    let bytes = 0;
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      bytes += content.length;
    }
    const [only = '', ...more] = files.keys();
    const path = more.length === 0 && !only.includes('/') ? join(folder, only) : folder;
    const preload = join(root, 'bench/growth/measure.mjs');
    const run = spawnSync(process.execPath, ['--import', preload, values.program, ...ask(path)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 30,
      timeout: Number(values.patience) * 1000,
    });
    const told = run.output[3]?.toString() || '{"seconds":0,"megabytes":0}';
    const took = JSON.parse(told) as { seconds: number; megabytes: number };
    if (run.status === null || run.status > 1)
      console.error(`  ${run.stderr.toString().slice(0, 200)}`);
    return { bytes, ...took, output: run.stdout.length, code: run.status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
