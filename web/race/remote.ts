// The workers: one that replays and plays, and one for a search, which may be busy for long.
import { wrap } from 'comlink';
import type { RaceApi } from '../worker/race.ts';

type Remote = ReturnType<typeof wrap<RaceApi>>;

let player: Remote | null = null;
let searcher: Worker | null = null;

/** Lists, replays and plays; made when it is first asked. */
export function races(): Remote {
  player ??= wrap<RaceApi>(worker());
  return player;
}

/** A worker for one search. The one before is ended, whatever it is at: nobody waits for it. */
export function freshSearch(): Remote {
  searcher?.terminate();
  searcher = worker();
  return wrap<RaceApi>(searcher);
}

function worker(): Worker {
  return new Worker(new URL('../worker/race.ts', import.meta.url), {
    type: 'module',
    name: 'race',
  });
}
