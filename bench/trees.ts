import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** All trees of a folder: linted in one process, and written as sources by `dtc` in a process each. */
export function trees(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.dtb')).map((name) => join(folder, name));
  const lint = secondsOf(() => run(process.execPath, [program, 'lint', ...files]));
  const dtc = secondsOf(() => {
    for (const file of files) run('dtc', ['-q', '-I', 'dtb', '-O', 'dts', '-o', '/dev/null', file]);
  });
  const ratio = (lint / dtc).toFixed(2);
  return `${files.length} trees: lint ${lint.toFixed(2)} s, dtc ${dtc.toFixed(2)} s: ratio ${ratio}`;
}

function secondsOf(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function run(command: string, args: readonly string[]): void {
  const { error } = spawnSync(command, args, { stdio: 'ignore' });
  if (error !== undefined) throw error;
}
