// The worker that explores, replays and plays; made when it is first asked.
import { wrap } from 'comlink';
import type { RaceApi } from '../worker/race.ts';

type Remote = ReturnType<typeof wrap<RaceApi>>;

let worker: Remote | null = null;

export function races(): Remote {
  worker ??= wrap<RaceApi>(
    new Worker(new URL('../worker/race.ts', import.meta.url), { type: 'module', name: 'race' }),
  );
  return worker;
}
