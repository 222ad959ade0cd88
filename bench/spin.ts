import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Model } from './rows.ts';

const seconds = 20;
const megabytes = 1_000;

/** What SPIN makes of a model, in a few words; it must be installed (Debian package `spin`), with gcc. */
export function runSpin({ file, n, mutex = false }: Model): string {
  const folder = mkdtempSync(join(tmpdir(), 'spin-'));
  try {
    const model = resolve('bench/promela', `${file}.pml`);
    const defines = [`-DN=${n}`, ...(mutex ? ['-DMUTEX'] : [])];
    const cwd = { cwd: folder, encoding: 'utf8' } as const;
    if (spawnSync('spin', [...defines, '-a', model], cwd).status !== 0) return 'not installed';
    const flags = ['-O2', '-w', '-DSAFETY', `-DMEMLIM=${megabytes}`, '-DVECTORSZ=4096'];
    if (spawnSync('gcc', [...flags, '-o', 'pan', 'pan.c'], cwd).status !== 0) return 'needs gcc';
    const { stdout, signal } = spawnSync('./pan', ['-m1000000', '-E'], {
      ...cwd,
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    if (signal !== null) return `> ${seconds} s`;
    const states = /([\d.e+]+) states, stored/.exec(stdout)?.[1] ?? '?';
    const time = /elapsed time ([\d.]+) seconds/.exec(stdout)?.[1] ?? '0.00';
    const end = /memory limit|out of memory/.test(stdout) ? 'out of memory, ' : '';
    return `${end}${Number(states).toLocaleString('en')} states, ${time} s`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
