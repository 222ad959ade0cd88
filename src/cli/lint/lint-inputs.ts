import { Worker } from 'node:worker_threads';
import type { Linted } from '../../report/index.ts';
import { InternalError } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import type { Interruption } from '../search/request.ts';
import { inPackage } from '../system/package.ts';
import type { LintInput } from './inputs.ts';
import { lintInput } from './lint-input.ts';

export interface ToLintThread {
  readonly input: LintInput;
}

export interface FromLintThread {
  readonly linted: Linted | null;
  /** What nobody expected. */
  readonly error: string | null;
}

/** What came of many inputs. */
export interface LintedInputs {
  readonly linted: readonly Linted[];
  /** How many files below directories are no machines. */
  readonly skipped: number;
  /** How many were not looked at, after an interruption. */
  readonly left: number;
}

/** A thread has to load the model: it is worth that for so many files. */
const worthAThread = 24;

/** Look at all inputs, in threads where there are many; the results are in the order of the inputs. */
export async function lintInputs(
  inputs: readonly LintInput[],
  options: Options,
  jobs: number,
  console: Console,
  interruption: Interruption,
): Promise<LintedInputs> {
  const results: (Linted | null | undefined)[] = Array.from(inputs, () => undefined);
  let done = 0;
  const settle = (i: number, linted: Linted | null): void => {
    results[i] = linted;
    done++;
    if (inputs.length > 1) console.progress(`${done} of ${inputs.length} files`);
  };
  // What is in an archive was opened here.
  const here = inputs.flatMap((input, i) => ('member' in input ? [i] : []));
  const others = inputs.flatMap((input, i) => ('member' in input ? [] : [i]));
  const threads = Math.min(jobs, Math.floor(others.length / worthAThread));
  if (threads < 2) here.push(...others.splice(0));
  const work = [
    ...Array.from({ length: threads < 2 ? 0 : threads }, () =>
      inThread(inputs, others, options, interruption, settle),
    ),
    ...[
      inOrder(
        inputs,
        here.sort((a, b) => a - b),
        options,
        console,
        interruption,
        settle,
      ),
    ],
  ];
  await Promise.all(work);
  console.progress(null);
  return {
    linted: results.filter((linted) => linted !== undefined && linted !== null),
    skipped: results.filter((linted) => linted === null).length,
    left: results.filter((linted) => linted === undefined).length,
  };
}

async function inOrder(
  inputs: readonly LintInput[],
  indexes: readonly number[],
  options: Options,
  console: Console,
  interruption: Interruption,
  settle: (i: number, linted: Linted | null) => void,
): Promise<void> {
  // What is said beside the findings of one is noise beside those of many.
  const heard = inputs.length > 1 ? { note: () => {} } : console;
  for (const i of indexes) {
    if (interruption.requested) return;
    const input = inputs[i];
    if (input !== undefined) settle(i, await lintInput(input, options, heard));
    // Ctrl-C and the thread's answers are heard between two files.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A thread takes the next file until there is none. */
function inThread(
  inputs: readonly LintInput[],
  queue: number[],
  options: Options,
  interruption: Interruption,
  settle: (i: number, linted: Linted | null) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(inPackage('dist/cli/lint-thread.js'), { workerData: options });
    let current = -1;
    const next = (): void => {
      const i = interruption.requested ? undefined : queue.shift();
      const input = i === undefined ? undefined : inputs[i];
      if (i === undefined || input === undefined) {
        void thread.terminate().then(() => resolve());
        return;
      }
      current = i;
      thread.postMessage({ input } satisfies ToLintThread);
    };
    thread.on('error', reject);
    thread.on('message', ({ linted, error }: FromLintThread) => {
      if (error !== null) {
        reject(new InternalError(`${inputs[current]?.path ?? ''}: ${error}`));
        return;
      }
      settle(current, linted);
      next();
    });
    next();
  });
}
