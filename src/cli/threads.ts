import { Worker } from 'node:worker_threads';
import { ModelError, type SavedPiece } from '../explore/index.ts';
import type { Exploration } from '../report/index.ts';
import { type Interruption, type SearchRequest, search } from './search.ts';

export type ToThread =
  | { readonly kind: 'search'; readonly request: SearchRequest }
  | {
      readonly kind: 'piece';
      readonly request: SearchRequest;
      readonly number: number;
      readonly piece: SavedPiece;
    }
  /** Give the piece back as far as it is explored. */
  | { readonly kind: 'hand-back'; readonly number: number }
  | { readonly kind: 'stop' };

export type FromThread =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'done'; readonly exploration: Exploration }
  | { readonly kind: 'piece'; readonly number: number; readonly piece: SavedPiece }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Run searches, one with the help of all threads or several side by side, and hand out their
 * results in the order of the requests, the same for any number of jobs; of a search that cannot be
 * made, the reason. After an interruption the searches under way end as they are, and those not
 * begun are left out.
 */
export async function* searchAll(
  requests: readonly SearchRequest[],
  jobs: number,
  interruption: Interruption,
  progress: (text: string) => void,
): AsyncGenerator<Exploration | ModelError> {
  if (jobs < 2 || requests.length < 2) {
    for (const request of requests) {
      if (interruption.requested) return;
      yield await search(request, interruption, progress, jobs).catch(asModelError);
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
  const threads = Array.from(
    { length: Math.min(jobs, requests.length) },
    () => new Worker(new URL('./search-thread.js', import.meta.url)),
  );
  let next = 0;
  for (const thread of threads) {
    let current = -1;
    const begin = (): void => {
      current = next++;
      const request = requests[current];
      if (request === undefined) return;
      if (interruption.requested) {
        settle[current]?.(null);
        begin();
      } else {
        thread.postMessage({ kind: 'search', request } satisfies ToThread);
      }
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
    begin();
  }
  interruption.onRequest = () => {
    for (const thread of threads) thread.postMessage({ kind: 'stop' } satisfies ToThread);
  };
  try {
    for (const result of results) {
      const exploration = await result;
      if (exploration !== null) yield exploration;
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** An error of the model is a result; anything else is thrown. */
function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  throw error;
}
