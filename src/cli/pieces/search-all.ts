import { ModelError } from '../../explore/index.ts';
import type { Exploration } from '../../report/index.ts';
import type { Budget } from '../search/budget.ts';
import type { Interruption, SearchRequest } from '../search/request.ts';
import { search } from '../search/search.ts';
import { Crew } from './crew.ts';
import type { Hands } from './piece.ts';

/**
 * Run searches, one with the help of all threads or several side by side, and hand out their
 * results in the order of the requests, the same for any number of jobs; of a search that cannot be
 * made, the reason. After an interruption the searches under way end as they are, and those not
 * begun are left out.
 *
 * @param budget the time that all of them have: each gets its share of what is left of it
 * @param hands who makes them instead of threads of this machine
 */
export async function* searchAll(
  requests: readonly SearchRequest[],
  jobs: number,
  interruption: Interruption,
  progress: (text: string) => void,
  budget: Budget | null = null,
  hands: Hands | null = null,
): AsyncGenerator<Exploration | ModelError> {
  if (hands === null && (jobs < 2 || requests.length < 2)) {
    for (const [i, request] of requests.entries()) {
      if (interruption.requested) return;
      const share = budget === null ? request : withShare(request, budget, requests.length - i, 1);
      yield await search(share, interruption, progress, jobs).catch(asModelError);
    }
    return;
  }
  const crew: Hands = hands ?? new Crew(Math.min(jobs, requests.length), interruption, progress);
  if (hands !== null) hands.progress = progress;
  let left = requests.length;
  const results = requests.map((request) =>
    crew.run(() => {
      const share = budget === null ? request : withShare(request, budget, left, crew.count);
      left--;
      return { kind: 'search', request: share };
    }),
  );
  try {
    for (const result of results) {
      const exploration = await result.catch(asModelError);
      if (exploration !== null) yield exploration;
    }
  } finally {
    await crew.close();
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
