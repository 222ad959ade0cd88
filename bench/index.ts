import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Explorer } from '../src/explore/index.ts';
import { bareReplay, fastCheck, plainSearch } from './others.ts';
import { rows } from './rows.ts';
import { runSpin } from './spin.ts';

/** How long the searches that cannot finish may try. */
const milliseconds = 2_000;

/** Each row runs in a process of its own, so that none profits from another's warm-up. */
function main(): void {
  const [only] = process.argv.slice(2);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, node ${process.version}`);
  console.log(`generator steps of this machine: ${generatorSpeed().toFixed(0)} million/s\n`);
  for (const [i, { program, spin }] of rows.entries()) {
    if (only !== undefined && !program.name.startsWith(only)) continue;
    console.log(program.name);
    const self = fileURLToPath(import.meta.url);
    spawnSync(process.execPath, [self, '--row', String(i)], { stdio: 'inherit' });
    console.log(`  spin           ${runSpin(spin)}\n`);
  }
}

async function row(i: number): Promise<void> {
  const found = rows[i];
  if (found === undefined) throw new RangeError(`no row ${i}`);
  const { program, classes } = found;
  for (const races of [false, true]) {
    const explorer = new Explorer(program, races ? {} : { ignore: ['data-race'] });
    const wall = performance.now();
    const cpu = process.cpuUsage().user;
    while (!explorer.run(100_000));
    const { executions, blocked } = explorer.outcome();
    const seconds = (performance.now() - wall) / 1000;
    const each = (process.cpuUsage().user - cpu) / executions;
    if (executions !== classes || blocked !== 0) throw new Error(`${executions} classes`);
    console.log(
      `  ${races ? 'with races  ' : 'explore     '}   ${count(executions)} executions in ` +
        `${seconds.toFixed(2)} s: ${count(executions / seconds)}/s, ${each.toFixed(1)} us each, ` +
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

if (process.argv[2] === '--row') await row(Number(process.argv[3]));
else main();
