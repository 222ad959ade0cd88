import { ModelError } from '../../explore/index.ts';
import { counted } from '../../report/index.ts';
import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import { Alone } from '../pieces/alone.ts';
import { type Hands, type Piece, patchIn, pieceText, type ResultOf } from '../pieces/piece.ts';
import type { Interruption } from '../search/request.ts';
import { type Lane, type Lanes, openLanes, soon } from './lanes.ts';
import { present } from './redis/presence.ts';
import { dropResult, getResult, lostText, putFiles, resultSizes } from './redis/store.ts';
import { pieceId } from './travel/identity.ts';
import { type Came, resultIn, safeText } from './travel/result.ts';
import { mostOfFiles, mostOfText, sizeText } from './travel/sizes.ts';
import { type Packed, packed } from './travel/travelling.ts';
import { WorkersWatch } from './workers-watch.ts';

/** Somebody who waits for a piece. */
interface Asked {
  readonly make: () => Piece;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A piece that others do, and who waits for it. */
interface Outstanding extends Packed {
  readonly id: string;
  readonly piece: Piece;
  readonly asked: Asked[];
  /** How often its files were not there any more. */
  lost: number;
}

/** How many pieces wait in the queue at once, and how large their files are in all. */
const mostWaiting = 256;
const mostWaitingBytes = 2 * mostOfFiles;

/** How often one looks what has become of them where nobody says so, and keeps their files. */
const look_ms = 1000;
const keep_ms = 100_000;

/** How often a piece is tried, and what a queue says of one whose workers died. */
const tries = 3;
const died = /(?:stalled|started) more than allowable limit/;

/** The workers behind a queue. */
export class QueueHands implements Hands {
  readonly #lanes: Lanes;
  readonly #console: Console;
  readonly #interruption: Interruption;
  /** For how long nobody may be there, in milliseconds. */
  readonly #patience_ms: number;
  readonly #waiting: Asked[] = [];
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #alone: Alone;
  readonly #watch: WorkersWatch;
  readonly #leave: () => Promise<void>;
  progress: (text: string) => void = () => {};
  #isOver = false;
  /** Pieces that something was heard of. */
  readonly #heard = new Set<string>();
  #hasNews = false;
  #wakeUp: () => void = () => {};
  #looked = 0;
  #kept = performance.now();
  #alarm: NodeJS.Timeout | undefined;
  #asked = 0;
  #found = 0;

  private constructor(
    lanes: Lanes,
    leave: () => Promise<void>,
    { maxSeconds }: Pick<Options, 'maxSeconds'>,
    console: Console,
    interruption: Interruption,
  ) {
    this.#lanes = lanes;
    this.#leave = leave;
    this.#console = console;
    this.#interruption = interruption;
    this.#alone = new Alone(interruption);
    this.#patience_ms = maxSeconds === null ? Number.POSITIVE_INFINITY : maxSeconds * 1000;
    const { redis, identity, patch } = lanes;
    this.#watch = new WorkersWatch(redis, { identity, patch }, (text) => this.#note(text));
  }

  /** @throws UsageError when there is no queue */
  static async open(
    url: string,
    options: Pick<Options, 'maxSeconds' | 'patch'>,
    console: Console,
    interruption: Interruption,
  ): Promise<QueueHands> {
    const lanes = await openLanes(url, options.patch, (text) => console.note(text));
    const { redis, identity, patch } = lanes;
    const leave = await present(redis, { as: 'client', ...identity, jobs: 1, patch });
    const hands = new QueueHands(lanes, leave, options, console, interruption);
    await hands.#watch.look();
    interruption.onRequest = () => void hands.#interrupted();
    lanes.onEvent((id) => {
      hands.#heard.add(id);
      hands.#wake();
    });
    // Whoever waits for a server can do nothing else.
    hands.#alarm = setInterval(() => hands.#beAlone(), look_ms);
    void hands.#work();
    return hands;
  }

  get count(): number {
    return Math.max(1, this.#watch.jobs);
  }

  run<P extends Piece>(make: () => P): Promise<ResultOf<P> | null> {
    const promise = new Promise<ResultOf<P> | null>((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject });
    });
    promise.catch(() => {}); // until somebody waits for it
    this.#asked++;
    if (this.#interruption.requested) this.#giveUp();
    this.#wake();
    return promise;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#alarm);
    this.#wake();
    this.#interruption.onRequest = undefined;
    if (this.#found > 0) this.#note(`${this.#found} of ${this.#asked} pieces were done before`);
    await soon(this.#leave());
    await this.#lanes.close();
  }

  #note(text: string): void {
    this.#console.progress(null);
    this.#console.note(text);
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#step();
      } catch (error) {
        this.#fail(error);
      }
      await this.#pause();
    }
  }

  async #step(): Promise<void> {
    await this.#fill();
    const now = performance.now();
    const isDue = now - this.#looked > look_ms;
    await this.#collect(isDue);
    if (!isDue) return;
    this.#looked = now;
    await this.#watch.look();
    const { workers } = this.#watch;
    const done = this.#asked - this.#waiting.length - this.#outstanding.size;
    this.progress(`${done} of ${counted(this.#asked, 'piece')}   ${counted(workers, 'worker')}`);
    if (now - this.#kept < keep_ms) return;
    this.#kept = now;
    for (const { contents } of this.#outstanding.values())
      await putFiles(this.#lanes.redis, contents);
  }

  #wake(): void {
    this.#hasNews = true;
    this.#wakeUp();
  }

  /** Until there is news, or somebody has to look. */
  async #pause(): Promise<void> {
    if (!this.#hasNews && !(this.#waiting.length > 0 && this.#room() > 0))
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, look_ms);
        this.#wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#wakeUp = () => {};
    this.#hasNews = false;
  }

  #room(): number {
    let size = 0;
    for (const { contents } of this.#outstanding.values())
      for (const bytes of contents.values()) size += bytes.length;
    return size > mostWaitingBytes ? 0 : mostWaiting - this.#outstanding.size;
  }

  /** Put as many pieces into the queue as there is room for. */
  async #fill(): Promise<void> {
    const fresh: Outstanding[] = [];
    for (const asked of this.#waiting.splice(0, Math.min(32, this.#room()))) {
      const piece = asked.make();
      const patch = patchIn(piece) === null ? null : this.#lanes.patch;
      const made = packed(piece, patch);
      if (typeof made === 'string') {
        if (made === 'too large')
          this.#note(
            `${pieceText(piece)}: more than ${sizeText(mostOfFiles)}: done here, not in the queue`,
          );
        this.#here(piece, [asked]);
        continue;
      }
      const id = pieceId(this.#lanes.identity, made.sent);
      const known = this.#outstanding.get(id);
      if (known !== undefined) {
        known.asked.push(asked);
        continue;
      }
      const of = { id, piece, ...made, asked: [asked], lost: 0 };
      this.#outstanding.set(id, of);
      fresh.push(of);
    }
    if (fresh.length === 0) return;
    const { redis } = this.#lanes;
    const sizes = await resultSizes(
      redis,
      fresh.map(({ id }) => id),
    );
    const there = fresh.filter((_of, i) => (sizes[i] ?? 0) > 0);
    for (const of of there) await this.#settle(of);
    this.#found += there.length;
    await this.#add(fresh.filter((of) => !there.includes(of)));
  }

  async #add(pieces: readonly Outstanding[]): Promise<void> {
    const { redis, laneFor } = this.#lanes;
    for (const { sent, contents, id } of pieces) {
      await putFiles(redis, contents);
      const { queue } = laneFor(sent.patch);
      // What has failed before is tried again.
      if ((await redis.zscore(queue.toKey('failed'), id)) !== null) await queue.remove(id);
    }
    const byLane = new Map<Lane, Outstanding[]>();
    for (const of of pieces) {
      const lane = laneFor(of.sent.patch);
      byLane.set(lane, [...(byLane.get(lane) ?? []), of]);
    }
    for (const [{ queue }, all] of byLane)
      await queue.addBulk(
        all.map(({ id, sent }) => ({
          name: 'piece',
          data: sent,
          opts: { ...jobOptions, jobId: id },
        })),
      );
  }

  /** Take what is done; where nobody has said anything for long, look what has become of the others. */
  async #collect(all: boolean): Promise<void> {
    const { redis, laneFor } = this.#lanes;
    const heard = [...this.#heard];
    this.#heard.clear();
    const pieces = all
      ? [...this.#outstanding.values()]
      : heard.flatMap((id) => this.#outstanding.get(id) ?? []);
    const sizes = await resultSizes(
      redis,
      pieces.map(({ id }) => id),
    );
    const left: Outstanding[] = [];
    for (const [i, of] of pieces.entries()) {
      if ((sizes[i] ?? 0) > 0) await this.#settle(of);
      else left.push(of);
    }
    if (!all) return;
    const gone: Outstanding[] = [];
    for (const of of left) {
      const { queue } = laneFor(of.sent.patch);
      if ((await redis.zscore(queue.toKey('failed'), of.id)) !== null) await this.#failed(of);
      else if ((await redis.exists(queue.toKey(of.id))) === 0) gone.push(of);
    }
    // One that was done just now, or that the server has forgotten.
    for (const of of gone) {
      const [size = 0] = await resultSizes(redis, [of.id]);
      if (size > 0) await this.#settle(of);
      else await this.#add([of]);
    }
  }

  async #settle(of: Outstanding): Promise<void> {
    const { redis } = this.#lanes;
    const { id, piece, asked } = of;
    const bytes = await getResult(redis, id);
    const came: Came =
      bytes === null
        ? { error: 'its result in the queue is too large' }
        : await resultIn(bytes, piece, of.sources);
    if (!this.#outstanding.delete(id)) return;
    if ('here' in came) {
      this.#here(piece, asked);
      return;
    }
    if ('error' in came || isCutByTime(piece, came.result)) await dropResult(redis, id);
    for (const { resolve, reject } of asked) {
      if ('error' in came) reject(new ModelError(this.#lanes.safe(came.error)));
      else resolve(came.result as never);
    }
  }

  /** It has been tried often enough. */
  async #failed(of: Outstanding): Promise<void> {
    const { redis, laneFor, safe } = this.#lanes;
    const key = laneFor(of.sent.patch).queue.toKey(of.id);
    const size = await redis.hstrlen(key, 'failedReason');
    const reason = size <= mostOfText ? ((await redis.hget(key, 'failedReason')) ?? '') : '';
    if (reason === lostText && of.lost++ < tries) {
      await this.#add([of]);
      return;
    }
    if (!this.#outstanding.delete(of.id)) return;
    const why = died.test(reason)
      ? `given up: ${tries} workers died while they did it`
      : safeText(safe(reason)) || 'it failed, and nobody says why';
    this.#note(`${pieceText(of.piece)}: ${why}`);
    for (const { reject } of of.asked) reject(new ModelError(why));
  }

  /** Do what nobody else can. */
  #here(piece: Piece, asked: readonly Asked[]): void {
    this.#alone
      .run(() => piece)
      .then(
        (result) => {
          for (const { resolve } of asked) resolve(result as never);
        },
        (error: Error) => {
          for (const { reject } of asked) reject(error);
        },
      );
  }

  /** What is done is taken; everything else is left to the queue. */
  async #interrupted(): Promise<void> {
    await soon(this.#collect(true));
    if (this.#outstanding.size > 0)
      this.#note(`${this.#outstanding.size} pieces stay in the queue: the same command takes them`);
    this.#giveUp();
  }

  #beAlone(): void {
    if (this.#watch.alone_ms > this.#patience_ms) this.#giveUp();
  }

  #giveUp(): void {
    const all = [
      ...this.#waiting.splice(0),
      ...[...this.#outstanding.values()].flatMap(({ asked }) => asked),
    ];
    this.#outstanding.clear();
    for (const { resolve } of all) resolve(null as never);
  }

  #fail(error: unknown): void {
    const all = [
      ...this.#waiting.splice(0),
      ...[...this.#outstanding.values()].flatMap(({ asked }) => asked),
    ];
    this.#outstanding.clear();
    for (const { reject } of all) reject(error instanceof Error ? error : new Error(String(error)));
  }
}

const jobOptions = {
  attempts: tries,
  backoff: { type: 'fixed', delay: 200 },
  removeOnComplete: true,
  removeOnFail: { age: 24 * 3600 },
  stackTraceLimit: 0,
};

/** With more time it would be another one. */
function isCutByTime(piece: Piece, result: ResultOf<Piece>): boolean {
  return (
    piece.kind === 'search' &&
    piece.request.maxSeconds !== null &&
    'outcome' in result &&
    !result.outcome.complete
  );
}
