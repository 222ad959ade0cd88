import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Model } from './rows.ts';

const seconds = 60;

/** What GenMC came to: null where it is not installed or was not done in time, with the reason. */
export interface GenmcRun {
  readonly executions: number;
  readonly seconds: number;
}

/**
 * GenMC on the same program in C, counting what we count: no symmetry, no revisits in place. The time is
 * its own, which leaves out the compiler.
 */
export function runGenmc({ file, n, mutex = false }: Model): GenmcRun | string {
  const folder = mkdtempSync(join(tmpdir(), 'genmc-'));
  try {
    const same = ['-sc', '-disable-estimation', '-disable-sr', '-disable-ipr'];
    const defines = [`-DN=${n}`, ...(mutex ? ['-DMUTEX'] : [])];
    const source = resolve('bench/genmc', `${file}.c`);
    const run = spawnSync('genmc', [...same, '--', ...defines, source], {
      cwd: folder,
      encoding: 'utf8',
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    if (run.error !== undefined && 'code' in run.error && run.error.code === 'ENOENT')
      return 'not installed';
    if (run.signal !== null) return `> ${seconds} s`;
    const executions = /complete executions explored: (\d+)/.exec(run.stdout)?.[1];
    const time = /wall-clock time: ([\d.]+)s/.exec(run.stdout)?.[1];
    if (executions === undefined || time === undefined)
      return `exit ${run.status}: ${(run.stderr || run.stdout).split('\n', 1)[0]}`;
    return { executions: Number(executions), seconds: Number(time) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
