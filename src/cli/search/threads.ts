import { Worker } from 'node:worker_threads';
import { ModelError } from '../../explore/index.ts';
import type { Exploration } from '../../report/index.ts';
import type { UsageError } from '../../util/index.ts';
import { givenUp, newLife, watchOver } from '../kernel/watch.ts';
import type { Budget } from './budget.ts';
import { type FromThread, searchThread, type ToThread } from './messages.ts';
import type { Interruption, SearchRequest } from './request.ts';
import { search } from './search.ts';

/**
 * Run searches, one with the help of all threads or several side by side, and hand out their
 * results in the order of the requests, the same for any number of jobs; of a search that cannot be
 * made, the reason. After an interruption the searches under way end as they are, and those not
 * begun are left out.
 *
 * @param budget the time that all of them have: each gets its share of what is left of it
 */
export async function* searchAll(
  requests: readonly SearchRequest[],
  jobs: number,
  interruption: Interruption,
  progress: (text: string) => void,
  budget: Budget | null = null,
): AsyncGenerator<Exploration | ModelError> {
  if (jobs < 2 || requests.length < 2) {
    for (const [i, request] of requests.entries()) {
      if (interruption.requested) return;
      const share = budget === null ? request : withShare(request, budget, requests.length - i, 1);
      yield await search(share, interruption, progress, jobs).catch(asModelError);
    }
    return;
  }
  const results: Promise<Exploration | ModelError | null>[] = [];
  const settle: ((result: Exploration | ModelError | null) => void)[] = [];
  const fail: ((error: Error) => void)[] = [];
  requests.forEach((_request, i) => {
    results[i] = new Promise((resolve, reject) => {
      settle[i] = resolve;
      fail[i] = reject;
    });
    // Whoever waits for it sees the error; until then it is nobody's.
    results[i]?.catch(() => {});
  });
  const count = Math.min(jobs, requests.length);
  const threads = new Set<Worker>();
  const isAsked = (): boolean => interruption.requested;
  let next = 0;
  const employ = (): void => {
    const life = newLife();
    const thread = new Worker(searchThread, { workerData: life });
    threads.add(thread);
    let current = -1;
    let endWatch: (() => void) | undefined;
    const begin = (): void => {
      endWatch?.();
      current = next++;
      const request = requests[current];
      if (request === undefined) return;
      if (interruption.requested) {
        settle[current]?.(null);
        begin();
        return;
      }
      const left = requests.length - current;
      const share = budget === null ? request : withShare(request, budget, left, count);
      thread.postMessage({ kind: 'search', request: share } satisfies ToThread);
      if (share.patch !== null) endWatch = watchOver(life, share, isAsked, giveUp);
    };
    const giveUp = (error: UsageError): void => {
      endWatch?.();
      settle[current]?.(new ModelError(error.message));
      threads.delete(thread);
      void thread.terminate();
      employ();
    };
    thread.on('message', (message: FromThread) => {
      if (message.kind === 'progress') {
        progress(message.text);
        return;
      }
      if (message.kind === 'done') settle[current]?.(message.exploration);
      if (message.kind === 'failed') settle[current]?.(new ModelError(message.message));
      begin();
    });
    thread.on('error', (error) =>
      fail[current]?.(error instanceof Error ? error : new Error(String(error))),
    );
    thread.on('exit', () => {
      const patch = requests[current]?.patch ?? null;
      if (threads.has(thread)) fail[current]?.(givenUp(patch, 'ends the program'));
    });
    begin();
  };
  for (let i = 0; i < count; i++) employ();
  interruption.onRequest = () => {
    for (const thread of threads) thread.postMessage({ kind: 'stop' } satisfies ToThread);
  };
  try {
    for (const result of results) {
      const exploration = await result;
      if (exploration !== null) yield exploration;
    }
  } finally {
    const all = [...threads];
    threads.clear();
    await Promise.all(all.map((thread) => thread.terminate()));
  }
}

/** How much of its share a search may search for; the rest is for telling what it found. */
const searching = 0.7;

/** The search with its share of the time: that of one thread for one of those that are left. */
function withShare(
  request: SearchRequest,
  budget: Budget,
  left: number,
  threads: number,
): SearchRequest {
  const share = (budget.left() / 1000) * (Math.min(threads, left) / left);
  return { ...request, maxSeconds: Math.max(0, searching * share), cover: false };
}

/** An error of the model is a result; anything else is thrown. */
function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  throw error;
}
