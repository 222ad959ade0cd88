import type { Redis } from 'ioredis';
import { everybody, isSame, type Present } from './redis/presence.ts';
import { type Identity, identityText, type PatchName } from './travel/identity.ts';
import { patchText } from './travel/patch.ts';

/** How often one looks who is there, and for how long nobody may be there before that is said. */
const look_ms = 2000;
const patience_ms = 3000;

/** For how long who was seen last counts as there, in milliseconds. */
const unseen_ms = 5000;

/** Who is wanted at a queue. */
export interface Wanted {
  readonly identity: Identity;
  readonly patch: PatchName | null;
}

/** Looks whether there is a worker for everything that waits, and says so when there is none. */
export class WorkersWatch {
  readonly #redis: Redis;
  readonly #wanted: Wanted;
  readonly #tell: (text: string) => void;
  #looked = Number.NEGATIVE_INFINITY;
  /** When somebody was there. */
  #seen = performance.now();
  #isMissed = false;
  #fit: readonly Present[] = [];

  constructor(redis: Redis, wanted: Wanted, tell: (text: string) => void) {
    this.#redis = redis;
    this.#wanted = wanted;
    this.#tell = tell;
  }

  /** How many pieces are done at once, as far as is known. */
  get jobs(): number {
    return this.#fit.reduce((sum, { jobs }) => sum + jobs, 0);
  }

  get workers(): number {
    return this.#fit.length;
  }

  /** For how long nobody has been there, in milliseconds. */
  get alone_ms(): number {
    const now = performance.now();
    // Who cannot be looked for is not there, either.
    return this.#fit.length > 0 && now - this.#looked < unseen_ms ? 0 : now - this.#seen;
  }

  async look(): Promise<void> {
    const now = performance.now();
    if (now - this.#looked < look_ms) return;
    this.#looked = now;
    const workers = (await everybody(this.#redis)).filter(({ as }) => as === 'worker');
    const { identity, patch } = this.#wanted;
    const same = workers.filter((one) => isSame(one, identity));
    this.#fit = same.filter(
      (one) => patch === null || JSON.stringify(one.patch) === JSON.stringify(patch),
    );
    if (this.#fit.length > 0) {
      if (this.#isMissed) this.#tell(`a worker has come`);
      this.#isMissed = false;
      this.#seen = now;
    } else if (!this.#isMissed && now - this.#seen > patience_ms) {
      this.#isMissed = true;
      this.#tell(missingText(this.#wanted, workers, same));
    }
  }
}

function missingText(
  { identity, patch }: Wanted,
  workers: readonly Present[],
  same: readonly Present[],
): string {
  const wanted = same.length > 0 && patch !== null ? patchText(patch) : identityText(identity);
  const others = workers.filter((one) => !same.includes(one)).map(identityText);
  const [first] = others;
  const also = first === undefined ? '' : `; of another version there is ${first}`;
  return `no worker with ${wanted} is there${also}: waiting for one`;
}
