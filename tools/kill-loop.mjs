// A search that is written down is killed at random moments, again and again, and gone on from: it must
// come to what it comes to when nobody kills it.
//
//   node tools/kill-loop.mjs [KILLS [ARGUMENTS...]]    100 kills of `explore two-iommus ...` unless said
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kills = '100', ...given] = process.argv.slice(2);
const usual = ['explore', 'two-iommus', '--driver', 'virtio-iommu', '--ignore', 'data-race'];
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fwspec-kill-'));
const file = join(folder, 'search');

/** Run it, and kill it after some milliseconds; what it came to, null when it was killed. */
function run(more, killAfter = null) {
  return new Promise((resolve) => {
    const args = [main, ...(given.length > 0 ? given : usual), '--json', ...more];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const timer = killAfter === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('close', (code, signal) => {
      if (timer !== null) clearTimeout(timer);
      const document = signal === null ? { ...JSON.parse(stdout), elapsed_ms: 0 } : null;
      resolve(document === null ? null : JSON.stringify([code, document]));
    });
  });
}

const started = performance.now();
const whole = await run([]);
const longest = performance.now() - started;
let done = 0;
let searches = 0;
while (done < Number(kills)) {
  const outcome = await run(['--checkpoint', file], Math.random() * longest * 1.2);
  if (outcome === null) {
    done++;
    continue;
  }
  searches++;
  if (outcome !== whole)
    throw new Error(`after ${done} kills, search ${searches} came to other things`);
  const left = readdirSync(folder);
  if (left.join() !== 'search') throw new Error(`left behind: ${left}`);
  rmSync(file);
}
const last = await run(['--checkpoint', file]);
if (last !== whole) throw new Error('the last search came to other things');
rmSync(folder, { recursive: true });
process.stdout.write(
  `${done} kills, ${searches + 1} searches to their end: each came to the same\n`,
);
