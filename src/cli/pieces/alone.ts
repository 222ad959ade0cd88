import type { Interruption } from '../search/request.ts';
import { perform } from './perform.ts';
import type { Hands, Piece, ResultOf } from './piece.ts';

/** The thread that asks does the pieces itself, one after the other. */
export class Alone implements Hands {
  readonly count = 1;
  readonly #interruption: Interruption;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(interruption: Interruption) {
    this.#interruption = interruption;
  }

  run<P extends Piece>(make: () => P): Promise<ResultOf<P> | null> {
    const done = this.#last.then(async () => {
      // Ctrl-C is heard between two pieces.
      await new Promise((resolve) => setImmediate(resolve));
      const { requested, alive } = this.#interruption;
      alive?.();
      return requested || this.#isClosed
        ? null
        : await perform(make(), this.#interruption, () => {});
    });
    this.#last = done.catch(() => {});
    return done;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}
