import { Worker } from 'node:worker_threads';
import { type Explorer, ModelError } from '../../explore/index.ts';
import { newLife, watchOver } from '../kernel/watch.ts';
import { type FromHelper, pieceThread, type ToHelper } from './messages.ts';
import type { SearchRequest } from './request.ts';

/** A thread, and the number of the piece it explores. */
interface Helper {
  readonly thread: Worker;
  /** It has loaded what it needs: the search would wait for a piece that it was given before. */
  prepared: boolean;
  number: number;
}

/**
 * Threads that explore parts of one search ahead of time. What they find is what the search would
 * have found when it got there, so nobody sees from the result that they were there.
 */
export class Helpers {
  readonly #explorer: Explorer;
  readonly #request: SearchRequest;
  readonly #count: number;
  readonly #helpers: Helper[] = [];
  readonly #watches: (() => void)[] = [];
  readonly #isAsked: () => boolean;
  #error: Error | null = null;
  /** Called when a piece comes back, or when a thread fails. */
  #wake: () => void = () => {};

  /** @param isAsked whether somebody has asked for the end of the search */
  constructor(explorer: Explorer, request: SearchRequest, count: number, isAsked: () => boolean) {
    this.#explorer = explorer;
    this.#request = request;
    this.#count = count;
    this.#isAsked = isAsked;
  }

  /** Called between two stretches of the search: hand out work, and wait for what it needs. */
  async attend(): Promise<void> {
    this.#employ();
    const { meets } = this.#explorer;
    if (meets !== 0) await this.#waitFor(meets);
    if (this.#error !== null) throw this.#error;
  }

  /** Give work to whoever has none, or does what nobody needs any more. */
  #employ(): void {
    while (this.#helpers.length < this.#count) this.#helpers.push(this.#newHelper());
    for (const helper of this.#helpers) {
      if (helper.number !== 0 && !this.#explorer.wants(helper.number)) helper.number = 0;
      if (helper.number !== 0 || !helper.prepared) continue;
      const next = this.#explorer.ahead();
      if (next === null) continue;
      helper.number = next.number;
      this.#send(helper, { kind: 'piece', request: this.#request, ...next });
    }
  }

  async #waitFor(number: number): Promise<void> {
    const helper = this.#helpers.find((candidate) => candidate.number === number);
    if (helper === undefined) return;
    this.#send(helper, { kind: 'hand-back', number });
    while (helper.number === number && this.#error === null)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async dismiss(): Promise<void> {
    for (const endWatch of this.#watches) endWatch();
    await Promise.all(this.#helpers.map(({ thread }) => thread.terminate()));
  }

  #send({ thread }: Helper, message: ToHelper): void {
    thread.postMessage(message);
  }

  #newHelper(): Helper {
    const life = newLife();
    const thread = new Worker(pieceThread, { workerData: life });
    const helper: Helper = { thread, prepared: false, number: 0 };
    if (this.#request.patch !== null) {
      const fail = (error: Error): void => this.#fail(error);
      this.#watches.push(watchOver(life, this.#request, this.#isAsked, fail));
    }
    this.#send(helper, { kind: 'prepare', request: this.#request });
    thread.on('message', (message: FromHelper) => {
      if (message.kind === 'prepared') helper.prepared = true;
      if (message.kind === 'failed') this.#fail(new ModelError(message.message));
      // A piece that was dropped can still come back.
      if (message.kind !== 'piece' || message.number !== helper.number) return;
      helper.number = 0;
      this.#explorer.deliver(message.number, message.piece);
      this.#wake();
    });
    thread.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    return helper;
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }
}
