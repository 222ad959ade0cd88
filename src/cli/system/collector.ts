import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../util/index.ts';
import { inPackage } from './package.ts';

/** What reads a Linux machine: a shell script, which boards without Node.js can run as well. */
const script = fileURLToPath(inPackage('share/capture.sh'));

export function collectorScript(): string {
  return readFileSync(script, 'utf8');
}

/** What the script had to say: what it collected, and why that is not enough. */
export interface Collected {
  readonly text: readonly string[];
  readonly problem: string | null;
}

/** Collect a capture of this machine in a directory. */
export function collect(directory: string): Collected {
  const { error, status, stdout, stderr } = spawnSync('sh', [script, directory], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined)
    throw new UsageError('cli/no-shell', `cannot run sh: ${error.message.split('\n')[0] ?? ''}`);
  const problem = stderr
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^capture: /, '');
  return {
    text: stdout.trimEnd() === '' ? [] : stdout.trimEnd().split('\n'),
    problem: status === 0 ? null : problem || 'the script that collects it was stopped',
  };
}
