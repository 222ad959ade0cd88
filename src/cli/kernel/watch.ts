import { UsageError } from '../../util/index.ts';

/** For how long somebody who should come to an end by now may show no sign of life, in milliseconds. */
const silence_ms = 10_000;

/** And for how long somebody who has all the time that there is. */
const longSilence_ms = 60_000;

/** Where a thread shows that it is alive: by making the number in it another one. */
export type Life = Int32Array<SharedArrayBuffer>;

export function newLife(): Life {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** What a thread calls whenever it comes by, and what does so each time it has nothing else to do. */
export function showLife(life: Life): () => void {
  const alive = (): void => {
    Atomics.add(life, 0, 1);
  };
  setInterval(alive, 200).unref();
  return alive;
}

/** Whose thread is watched: the patch that may go on for ever, and what bounds the work. */
export interface Watched {
  readonly patch: string | null;
  readonly maxSeconds: number | null;
}

/**
 * Watch a thread that runs somebody else's code. It may go on for ever without a step, and nothing can
 * stop that from inside. Returns what ends the watch.
 *
 * @param isAsked whether somebody has asked the thread to end
 */
export function watchOver(
  life: Life,
  { patch, maxSeconds }: Watched,
  isAsked: () => boolean,
  giveUp: (error: UsageError) => void,
): () => void {
  const started = performance.now();
  let last = 0;
  let since = started;
  let wasAsked = false;
  const timer = setInterval(() => {
    const now = performance.now();
    const asked = isAsked() || (maxSeconds !== null && now - started > maxSeconds * 1000);
    const beat = Atomics.load(life, 0);
    if (beat !== last || asked !== wasAsked) since = now;
    last = beat;
    wasAsked = asked;
    if (now - since > (asked ? silence_ms : longSilence_ms))
      giveUp(givenUp(patch, 'goes on for ever without a step'));
  }, 250);
  return () => clearInterval(timer);
}

/** Why work was given up that runs a patch. */
export function givenUp(patch: string | null, what: string): UsageError {
  return new UsageError('cli/endless', `given up: something in ${patch} ${what}`);
}
