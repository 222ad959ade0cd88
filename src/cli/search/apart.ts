import { Worker } from 'node:worker_threads';
import { ModelError } from '../../explore/index.ts';
import type { Exploration } from '../../report/index.ts';
import { UsageError } from '../../util/index.ts';
import { type FromThread, searchThread, type ToThread } from './messages.ts';
import type { Interruption, SearchRequest } from './request.ts';

/** For how long a search that is over its time may show no sign of life. */
const silence_ms = 10_000;

/**
 * Search in a thread of its own. Somebody's own code may go on for ever without a step: nothing can
 * stop that from inside, and here Ctrl-C and the time that the search has still count.
 */
export async function searchApart(
  request: SearchRequest,
  interruption: Interruption,
  progress: (text: string) => void,
  jobs: number,
): Promise<Exploration> {
  const life = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(searchThread, { workerData: life });
  const send = (message: ToThread): void => thread.postMessage(message);
  interruption.onRequest = () => send({ kind: 'stop' });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      watch = watchOver(request, life, reject);
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'progress') progress(message.text);
        if (message.kind === 'done') resolve(message.exploration);
        if (message.kind === 'failed') reject(new ModelError(message.message));
      });
      thread.on('error', reject);
      thread.on('exit', () => reject(endless(request, 'ends the program')));
      send({ kind: 'search', request, jobs });
    });
  } finally {
    clearInterval(watch);
    await thread.terminate();
  }
}

/** Ask now and then whether the thread still does anything that can end, once its time is over. */
function watchOver(
  request: SearchRequest,
  life: Int32Array,
  giveUp: (error: Error) => void,
): NodeJS.Timeout | undefined {
  const { maxSeconds } = request;
  if (maxSeconds === null) return undefined;
  const deadline = performance.now() + maxSeconds * 1000;
  let last = 0;
  let since = deadline;
  return setInterval(() => {
    const now = performance.now();
    const beat = Atomics.load(life, 0);
    if (now < deadline || beat !== last) since = now;
    last = beat;
    if (now - since > silence_ms) giveUp(endless(request, 'goes on for ever without a step'));
  }, 250);
}

function endless({ patch }: SearchRequest, what: string): UsageError {
  return new UsageError('cli/endless', `the search was given up: something in ${patch} ${what}`);
}
