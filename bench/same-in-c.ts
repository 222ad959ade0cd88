import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Explorer } from '../src/explore/index.ts';
import { Module, programOf } from '../src/llvm/index.ts';
import type { Model } from './rows.ts';

/** What our own search of the program in C came to. */
export interface CRun {
  readonly executions: number;
  /** Steps that others could notice, those that were made again not counted. */
  readonly transitions: number;
  /** Of the processor, without the compiler. */
  readonly seconds: number;
}

const asWritten = ['-g', '-O1', '-Xclang', '-disable-llvm-passes', '-S', '-emit-llvm', '-w'];

/** The program that GenMC runs, as `fwspec c` does; with the reason where that cannot be done. */
export function runInC({ file, n, mutex = false }: Model): CRun | string {
  const source = resolve('bench/genmc', `${file}.c`);
  const defines = [`-DN=${n}`, ...(mutex ? ['-DMUTEX'] : [])];
  for (const clang of ['clang', 'clang-19', 'clang-16', 'clang-14']) {
    const run = spawnSync(clang, [...asWritten, ...defines, source, '-o', '-'], {
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    });
    if (run.error !== undefined || run.status !== 0) continue;
    const program = programOf(file, [new Module(run.stdout, file)]);
    const before = process.cpuUsage().user;
    const explorer = new Explorer(program, { ignore: ['data-race'] });
    while (!explorer.run(100_000));
    const { executions, transitions } = explorer.outcome();
    return { executions, transitions, seconds: (process.cpuUsage().user - before) / 1e6 };
  }
  return 'no clang';
}
