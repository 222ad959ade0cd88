import { parentPort, workerData } from 'node:worker_threads';
import type { Options } from '../arguments/checked.ts';
import { lintInput } from './lint-input.ts';
import type { FromLintThread, ToLintThread } from './lint-inputs.ts';

// A thread that looks at one file after the other.

const options = workerData as Options;

parentPort?.on('message', ({ input }: ToLintThread) => {
  const send = (message: FromLintThread): void => parentPort?.postMessage(message);
  lintInput(input, options, { note: () => {} }).then(
    (linted) => send({ linted, error: null }),
    (error: unknown) => send({ linted: null, error: String((error as Error).stack) }),
  );
});
