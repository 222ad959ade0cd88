import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { hasCode, reason } from '../system/io.ts';

/** What git said. */
export interface GitAnswer {
  readonly ok: boolean;
  readonly stdout: Buffer;
  /** The lines of standard error. */
  readonly said: readonly string[];
}

/**
 * Run git in a folder of our own, which belongs to no repository, whoever may have one around it.
 *
 * @throws UsageError where there is no git
 */
export function gitIn(folder: string, args: readonly string[], input?: Uint8Array): GitAnswer {
  return run(args, folder, { GIT_CEILING_DIRECTORIES: dirname(folder) }, input);
}

/** Ask the repository that a folder is in; nothing is written to it. */
export function askRepository(folder: string, args: readonly string[]): GitAnswer {
  return run(['-C', folder, '--no-optional-locks', ...args], undefined, {}, undefined);
}

function run(
  args: readonly string[],
  cwd: string | undefined,
  more: NodeJS.ProcessEnv,
  input: Uint8Array | undefined,
): GitAnswer {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = { ...Object.fromEntries(ours), LC_ALL: 'C', ...more };
  const { error, status, stdout, stderr } = spawnSync('git', [...args], {
    env,
    maxBuffer: 1 << 28,
    ...(cwd === undefined ? {} : { cwd }),
    // Whatever wants to be asked is answered with nothing.
    input: input ?? '',
  });
  // What does not read on has had enough of it.
  if (error !== undefined && !hasCode(error, 'EPIPE')) {
    const missing = hasCode(error, 'ENOENT');
    const why = missing ? 'git is not installed' : `git cannot be run: ${reason(error)}`;
    throw new UsageError('cli/no-git', why, missing ? 'apt-get install git' : null);
  }
  const said = stderr
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return { ok: status === 0, stdout, said };
}
