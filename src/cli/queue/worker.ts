import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { ModelError } from '../../explore/index.ts';
import { NotHere } from '../input/load.ts';
import { checkPatch } from '../kernel/patch-check.ts';
import type { Console } from '../output/console.ts';
import { Crew, Thrown } from '../pieces/crew.ts';
import { type Piece, pieceText } from '../pieces/piece.ts';
import type { Interruption } from '../search/request.ts';
import { endOn } from './ending.ts';
import { soon } from './lanes.ts';
import { addressOf, shownAddress, withoutPassword } from './redis/address.ts';
import { connected, isForGood } from './redis/connection.ts';
import { libraries } from './redis/library.ts';
import { everybody, isSame, present } from './redis/presence.ts';
import { getFiles, prefix, putResult, resultSizes } from './redis/store.ts';
import {
  type Identity,
  identityText,
  ownIdentity,
  type PatchName,
  pieceId,
  queueName,
} from './travel/identity.ts';
import { patchName, patchText } from './travel/patch.ts';
import { type Came, packedResult, safeText } from './travel/result.ts';
import { mostOfPiece, mostOfText } from './travel/sizes.ts';
import { digestsOf, type Travelling, unpacked } from './travel/travelling.ts';
import { asTravelling } from './travel/valid-piece.ts';

/** What a worker is started with. */
export interface WorkerOptions {
  readonly url: string;
  /** How many pieces it does at once. */
  readonly jobs: number;
  /** The file of the patch that it may run. */
  readonly patch: string | null;
  /** For how many seconds a piece is a worker's that gives no sign of life. */
  readonly lock_s: number;
}

/** How often one looks who asks for what nobody here can do, in milliseconds. */
const look_ms = 3000;

/** How many seconds a worker that is asked to end waits for a server that is gone. */
const mostMissed = 5;

/** Take pieces and do them, until somebody asks for the end. */
export async function serve(
  { url, jobs, patch, lock_s }: WorkerOptions,
  console: Console,
  interruption: Interruption,
): Promise<void> {
  const address = addressOf(url, process.env);
  const identity = ownIdentity();
  if (patch !== null) await checkPatch(patch);
  const own = patch === null ? null : patchName(patch);
  const libs = libraries();
  const safe = (text: string): string => safeText(withoutPassword(text, address));
  const say = (text: string): void => console.note(text);
  const giveUp = endOn(address);
  const redis = await connected(libs, address, say, giveUp);
  const leave = await present(redis, { as: 'worker', ...identity, jobs, patch: own });
  const crew = new Crew(jobs, { requested: false }, () => {});
  const does = new Doing(redis, identity, crew, { path: patch, name: own }, say, safe);
  const workers = (own === null ? [null] : [null, own]).map((of) => {
    const worker = new libs.bullmq.Worker(
      queueName(identity, of),
      async (job) => await does.job(job, libs.bullmq.UnrecoverableError),
      {
        connection: redis,
        prefix,
        concurrency: jobs,
        lockDuration: lock_s * 1000,
        stalledInterval: lock_s * 500,
        // With the first try there are three.
        maxStalledCount: 2,
        maxStartedAttempts: 3,
        drainDelay: 2,
        autorun: false,
      },
    );
    // A connection that is lost is told of by whoever made it.
    worker.on('error', (error) => {
      if (isForGood(error)) giveUp(error);
    });
    worker.on('failed', (job, error) => {
      const tries = job === undefined ? '' : ` at try ${job.attemptsStarted}`;
      say(`failed${tries}: ${safe(error.message)}`);
    });
    worker.on('stalled', (id) => say(`${id.slice(0, 8)} was left by a worker that is gone: again`));
    return worker;
  });
  for (const worker of workers) void worker.run().catch(() => {});
  const with_ = own === null ? '' : ` with ${patchText(own)}`;
  say(`${identityText(identity)}${with_}: ${jobs} at once, from ${shownAddress(address)}`);
  const timer = watchRefused(redis, identity, own, say);
  await asked(interruption, () => say('ending: what is begun is finished first'));
  clearInterval(timer);
  const isWhole = await ended(workers, redis);
  await crew.close();
  await soon(leave());
  redis.disconnect();
  say(`${does.done} pieces done`);
  // What still waits for a server that is gone would keep the program from its end.
  if (!isWhole) process.exit(2);
}

async function asked(interruption: Interruption, onRequest: () => void): Promise<void> {
  if (!interruption.requested)
    await new Promise<void>((resolve) => {
      interruption.onRequest = resolve;
    });
  onRequest();
}

/** Whether what was begun could be finished: without the server nothing can. */
async function ended(workers: readonly Worker[], redis: Redis): Promise<boolean> {
  const all = Promise.allSettled(workers.map((worker) => worker.close()));
  let isWhole = false;
  void all.then(() => {
    isWhole = true;
  });
  for (let missed = 0; !isWhole && missed < mostMissed; ) {
    await soon(all);
    missed = redis.status === 'ready' ? 0 : missed + 1;
  }
  return isWhole;
}

/** Say once of each who asks for what is not done here. */
function watchRefused(
  redis: Redis,
  identity: Identity,
  own: PatchName | null,
  say: (text: string) => void,
): NodeJS.Timeout {
  const told = new Set<string>();
  const look = async (): Promise<void> => {
    for (const one of await everybody(redis)) {
      if (one.as !== 'client') continue;
      const isOwn = one.patch === null || JSON.stringify(one.patch) === JSON.stringify(own);
      if (isSame(one, identity) && isOwn) continue;
      const wanted =
        isSame(one, identity) && one.patch !== null ? patchText(one.patch) : identityText(one);
      if (told.has(wanted) || told.size > 100) continue;
      told.add(wanted);
      say(`refused: a client asks for ${safeText(wanted)}, which this worker is not`);
    }
  };
  return setInterval(() => void look().catch(() => {}), look_ms);
}

/** Does what comes out of the queue. */
class Doing {
  done = 0;
  readonly #redis: Redis;
  readonly #identity: Identity;
  readonly #crew: Crew;
  readonly #patch: { readonly path: string | null; readonly name: PatchName | null };
  readonly #say: (text: string) => void;
  readonly #safe: (text: string) => string;

  constructor(
    redis: Redis,
    identity: Identity,
    crew: Crew,
    patch: { readonly path: string | null; readonly name: PatchName | null },
    say: (text: string) => void,
    safe: (text: string) => string,
  ) {
    this.#redis = redis;
    this.#identity = identity;
    this.#crew = crew;
    this.#patch = patch;
    this.#say = say;
    this.#safe = safe;
  }

  /** @throws what BullMQ tries again, or does not */
  async job(job: Job, Unrecoverable: new (message: string) => Error): Promise<null> {
    const id = job.id ?? '';
    const refuse = (why: string): never => {
      throw new Unrecoverable(`refused: ${why}`);
    };
    const sent =
      JSON.stringify(job.data ?? null).length > mostOfPiece ? null : asTravelling(job.data);
    if (sent === null) return refuse('it is no piece of this version');
    if (pieceId(this.#identity, sent) !== id)
      return refuse('it is not the piece that its name says');
    const { name } = this.#patch;
    if (sent.patch !== null && JSON.stringify(sent.patch) !== JSON.stringify(name))
      return refuse(`this worker was not started with ${safeText(patchText(sent.patch))}`);
    const [size = 0] = await resultSizes(this.#redis, [id]);
    if (size === 0) await this.#do(id, sent, job.attemptsStarted);
    return null;
  }

  async #do(id: string, sent: Travelling, attempt: number): Promise<void> {
    const contents = await getFiles(this.#redis, new Set(digestsOf(sent)));
    const piece = unpacked(sent, contents, sent.patch === null ? null : this.#patch.path);
    const what = `${id.slice(0, 8)} ${this.#safe(pieceText(piece))}`;
    this.#say(`${what}${attempt > 1 ? ` (try ${attempt})` : ''}`);
    const started = performance.now();
    const came = await this.#came(piece);
    await putResult(this.#redis, id, await packedResult(came));
    this.done++;
    const time = `${((performance.now() - started) / 1000).toFixed(2)} s`;
    const how = 'error' in came ? `: ${this.#safe(came.error)}` : '';
    this.#say(`${id.slice(0, 8)} done in ${time}${how}`);
  }

  /** What somebody expected is a result, whatever it is; what nobody expected is tried again. */
  async #came(piece: Piece): Promise<Came> {
    try {
      const result = await this.#crew.run(() => piece);
      if (result === null) throw new Error('the worker ends');
      return { result };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof Thrown && message === new NotHere().message) return { here: true };
      if (error instanceof ModelError && !(error instanceof Thrown))
        return { error: this.#safe(message) };
      throw new Error(this.#safe(message).slice(0, mostOfText));
    }
  }
}
