import { type StdioOptions, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Explorer } from '../src/explore/index.ts';
import { type GenmcRun, runGenmc } from './genmc.ts';
import { sizes } from './kernels.ts';
import { bareReplay, fastCheck, plainSearch } from './others.ts';
import { rows } from './rows.ts';
import { runInC } from './same-in-c.ts';
import { runSpin } from './spin.ts';
import { trees } from './trees.ts';

/** How long the searches that cannot finish may try. */
const milliseconds = 2_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** An older checkout, whose bench is built: what its rows take, in the same run. */
    baseline: { type: 'string' },
    row: { type: 'string' },
    size: { type: 'string' },
    c: { type: 'string' },
    /** A folder of devicetree blobs: how long the linter takes for them, and nothing else. */
    trees: { type: 'string' },
  },
});

/** Each row runs in a process of its own, so that none profits from another's warm-up. */
function main(): void {
  const [only = ''] = positionals;
  console.log(`${cpus().length} x ${cpus()[0]?.model}, node ${process.version}`);
  console.log(`generator steps of this machine: ${generatorSpeed().toFixed(0)} million/s\n`);
  for (const [i, { program, spin, genmc }] of rows.entries()) {
    if (!program.name.startsWith(only)) continue;
    console.log(program.name);
    const now = inProcess('--row', i);
    if (values.baseline !== undefined)
      console.log(`  baseline       ${against(values.baseline, program.name, now)}`);
    console.log(`  same in C      ${inC(runOf('--c', i), now)}`);
    console.log(`  genmc          ${genmcText(runGenmc(genmc), now)}`);
    if (spin !== undefined) console.log(`  spin           ${runSpin(spin)}`);
    console.log('');
  }
  for (const [i, { name }] of sizes.entries()) if (name.startsWith(only)) inProcess('--size', i);
}

/** The row in a process of its own; what it printed is printed. */
function inProcess(kind: '--row' | '--size', i: number): string {
  const text = runOf(kind, i);
  process.stdout.write(text);
  return text;
}

function runOf(kind: '--row' | '--size' | '--c', i: number): string {
  const self = fileURLToPath(import.meta.url);
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit'];
  const run = spawnSync(process.execPath, [self, kind, String(i)], { encoding: 'utf8', stdio });
  return run.stdout;
}

/** The same program in C, held against the one in TypeScript. */
function inC(text: string, row: string): string {
  const run = JSON.parse(text) as ReturnType<typeof runInC>;
  if (typeof run === 'string') return run;
  const { executions, transitions, seconds } = run;
  const each = (1e6 * seconds) / executions;
  const now = timesIn(row);
  const ratio = now === null ? '' : `: ratio ${(each / now.each).toFixed(2)}`;
  return (
    `${count(executions)} executions, ${count(transitions / seconds)} transitions/s, ` +
    `${each.toFixed(1)} us each${ratio}`
  );
}

/** Microseconds of processor time for each execution, and seconds for all, as a row prints them. */
function timesIn(text: string): { readonly each: number; readonly all: number } | null {
  const found = /explore .* in ([\d.]+) s: .*?, ([\d.]+) us each/.exec(text);
  return found === null ? null : { all: Number(found[1]), each: Number(found[2]) };
}

/** The same row of another checkout, and how much of its processor time is left. */
function against(checkout: string, name: string, text: string): string {
  const program = resolve(checkout, 'dist/bench/bench/index.js');
  const run = spawnSync(process.execPath, [program, name], { cwd: checkout, encoding: 'utf8' });
  const [now, then] = [timesIn(text), timesIn(run.stdout)];
  if (now === null || then === null) return 'has no such row';
  return `${then.all.toFixed(2)} s, ${then.each.toFixed(1)} us each: ratio ${(now.each / then.each).toFixed(2)}`;
}

function genmcText(run: GenmcRun | string, text: string): string {
  if (typeof run === 'string') return run;
  const now = timesIn(text);
  const ratio = now === null ? '' : `: ratio ${(now.all / run.seconds).toFixed(2)}`;
  return `${count(run.executions)} executions, ${run.seconds.toFixed(2)} s${ratio}`;
}

/** How far a search that grows may go. */
const patience = 20_000;

/** A search of the model, as far as it gets. */
function size(i: number): void {
  const found = sizes[i];
  if (found === undefined) throw new RangeError(`no size ${i}`);
  const explorer = new Explorer(found.program());
  const start = performance.now();
  let done = false;
  while (!done && performance.now() - start < patience) done = explorer.run(256);
  const seconds = (performance.now() - start) / 1000;
  const { executions } = explorer;
  console.log(
    `${found.name.padEnd(28)} ${count(executions).padStart(9)} executions in ` +
      `${seconds.toFixed(2)} s: ${count(executions / seconds)}/s${done ? '' : ', not done'}`,
  );
}

/** The second is what the first is held against: a new world for each execution. */
const ways = {
  explore: { ignore: ['data-race'] },
  'fresh worlds': { ignore: ['data-race'], worlds: 'fresh' },
  'with races': {},
} as const;

async function row(i: number): Promise<void> {
  const found = rows[i];
  if (found === undefined) throw new RangeError(`no row ${i}`);
  const { program, classes } = found;
  for (const [name, options] of Object.entries(ways)) {
    const explorer = new Explorer(program, options);
    const wall = performance.now();
    const cpu = process.cpuUsage().user;
    while (!explorer.run(100_000));
    const { executions, blocked } = explorer.outcome();
    const seconds = (performance.now() - wall) / 1000;
    const each = (process.cpuUsage().user - cpu) / executions;
    if (executions !== classes || blocked !== 0) throw new Error(`${executions} classes`);
    console.log(
      `  ${name.padEnd(14)} ${count(executions)} executions in ${seconds.toFixed(2)} s: ` +
        `${count(executions / seconds)}/s, ${each.toFixed(1)} us each, ` +
        `${Math.round(process.memoryUsage().rss / 1e6)} MB`,
    );
  }
  console.log(`  bare replay    ${bareReplay(program).toFixed(1)} us each`);
  const plain = plainSearch(program, milliseconds);
  console.log(
    `  plain search   ${count(plain.executions)} executions in ${milliseconds / 1000} s ` +
      `saw ${count(plain.classes)} classes${plain.all ? ', all' : ''}`,
  );
  const random = await fastCheck(program, milliseconds);
  console.log(
    `  fast-check     ${count(random.executions)} executions in ${milliseconds / 1000} s ` +
      `saw ${count(random.classes)} classes`,
  );
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en');
}

/** What everything here is made of: compare it before comparing times of two machines. */
function generatorSpeed(): number {
  function* steps(n: number): Generator<number> {
    for (let i = 0; i < n; i++) yield i;
  }
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const running = steps(5_000_000);
    const start = performance.now();
    while (running.next().done !== true);
    best = Math.max(best, 5_000 / (performance.now() - start));
  }
  return best;
}

if (values.row !== undefined) await row(Number(values.row));
else if (values.size !== undefined) size(Number(values.size));
else if (values.trees !== undefined) console.log(trees(values.trees));
else if (values.c !== undefined)
  console.log(JSON.stringify(runInC((rows[Number(values.c)] as (typeof rows)[number]).genmc)));
else main();
