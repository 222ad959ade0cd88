// How time and memory grow with each kind of input. Each size runs in a process of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseFdt } from '../../src/firmware/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { hardwareInLog } from '../../src/machine/firmware/kernel-log.ts';
import { inspect, machineFromDevicetree } from '../../src/machine/index.ts';
import { inspectJson } from '../../src/report/index.ts';
import { designOf, newestKernel } from '../../src/series/index.ts';
import { growing, type Input } from './inputs.ts';

/** Each size is so many times the one before. */
const factor = 2;
const sizes = 3;

interface Measured {
  readonly bytes: number;
  readonly seconds: number;
  readonly megabytes: number;
  readonly output: number;
}

function main([only]: readonly string[]): void {
  console.log('input                            n      kB    CPU s     MB  out kB  exponent');
  for (const [i, { name, start }] of growing.entries()) {
    if (only !== undefined && !name.startsWith(only)) continue;
    let before: Measured | null = null;
    for (let k = 0; k < sizes; k++) {
      const n = start * factor ** k;
      const self = fileURLToPath(import.meta.url);
      const { stdout } = spawnSync(process.execPath, [self, '--row', `${i}`, `${n}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      });
      const now = JSON.parse(stdout) as Measured;
      const exponent = before === null ? null : Math.log2(now.seconds / before.seconds);
      console.log(line(k === 0 ? name : '', n, now, exponent));
      before = now;
    }
  }
}

function line(name: string, n: number, now: Measured, exponent: number | null): string {
  return [
    name.padEnd(28),
    String(n).padStart(6),
    (now.bytes / 1000).toFixed(0).padStart(8),
    now.seconds.toFixed(2).padStart(9),
    now.megabytes.toFixed(0).padStart(7),
    (now.output / 1000).toFixed(0).padStart(8),
    (exponent?.toFixed(2) ?? '').padStart(10),
  ].join('');
}

/** The input is read and inspected once. */
function row(i: number, n: number): Measured {
  const { dtb, pci = new Map(), log = '' } = made(i, n);
  const before = process.cpuUsage().user;
  const rss = process.memoryUsage().rss;
  hardwareInLog(log.split('\n'));
  const machine = machineFromDevicetree(parseFdt(dtb), pci);
  const inspection = inspect(machine, designOf(newestKernel), defaultKconfig);
  const output = JSON.stringify(inspectJson(inspection, newestKernel)).length;
  let bytes = dtb.length + log.length;
  for (const space of pci.values()) bytes += space.length;
  return {
    bytes,
    seconds: (process.cpuUsage().user - before) / 1e6,
    megabytes: (process.resourceUsage().maxRSS * 1024 - rss) / 1e6,
    output,
  };
}

function made(i: number, n: number): Input {
  const found = growing[i];
  if (found === undefined) throw new RangeError(`no row ${i}`);
  return found.make(n);
}

const [flag, i, n] = process.argv.slice(2);
if (flag === '--row') console.log(JSON.stringify(row(Number(i), Number(n))));
else main(process.argv.slice(2));
