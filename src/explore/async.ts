import { ModelError } from './program/failure.ts';

/** What an asynchronous test under exploration waits with. */
export interface Turns {
  /** Wait until it is this caller's turn. Where several callers wait, all orders are explored. */
  turn(label: string): Promise<void>;
  /** The same function, but each call waits for its turn first. */
  wrap<A extends readonly unknown[], R>(
    label: string,
    body: (...args: A) => R | Promise<R>,
  ): (...args: A) => Promise<R>;
}

/** A test: it must fail by rejecting, and be made from scratch by every call. */
export type AsyncTest = (turns: Turns) => Promise<void>;

export interface AsyncOptions {
  /** Stop after this many executions; the verdict is then *incomplete* unless the test failed. */
  readonly maxExecutions?: number;
  /** How many ticks of the microtask queue without news make a test hold still. */
  readonly patience?: number;
}

export interface AsyncOutcome {
  readonly verdict: 'bug' | 'clean' | 'incomplete';
  readonly complete: boolean;
  readonly executions: number;
  /** The failure that needs the fewest turns out of the order of arrival. */
  readonly bug: AsyncBug | null;
}

export interface AsyncBug {
  readonly message: string;
  readonly error: unknown;
  /** Whose turn it was, one after the other: what {@link replayAsync} takes. */
  readonly order: readonly string[];
  /** How often somebody was let past others who had waited for longer. */
  readonly overtakings: number;
}

interface Waiting {
  readonly label: string;
  readonly go: () => void;
}

/** Decides, where several callers wait, which goes on: its place in the order of arrival. */
type Pick = (labels: readonly string[]) => number;

interface AsyncRun {
  readonly order: string[];
  readonly failure: { readonly error: unknown; readonly message: string } | null;
}

/**
 * Run an ordinary asynchronous test once for every order in which those who wait for their turn can
 * go on. The code between two turns runs as it always does; nothing in it may wait for timers or for
 * the world outside.
 */
export async function exploreAsync(
  test: AsyncTest,
  options: AsyncOptions = {},
): Promise<AsyncOutcome> {
  const { maxExecutions = Number.POSITIVE_INFINITY, patience = 100 } = options;
  // By depth: which of how many was picked. The next execution differs in the last place it can.
  const picked: number[] = [];
  const outOf: number[] = [];
  let best: AsyncBug | null = null;
  let executions = 0;
  for (let more = true; more; ) {
    if (executions >= maxExecutions) return outcome(false, executions, best);
    let depth = 0;
    const run = await runOnce(test, patience, (labels) => {
      const known = outOf[depth];
      if (known === undefined) {
        picked[depth] = 0;
        outOf[depth] = labels.length;
      } else if (known !== labels.length) {
        throw new ModelError(
          'the test is not deterministic: other callers wait than the last time',
        );
      }
      return picked[depth++] as number;
    });
    executions++;
    if (run.failure !== null) {
      const overtakings = picked.filter((place) => place > 0).length;
      if (best === null || overtakings < best.overtakings)
        best = { ...run.failure, order: run.order, overtakings };
    }
    picked.length = depth;
    outOf.length = depth;
    while (picked.length > 0 && (picked.at(-1) as number) + 1 === outOf.at(-1)) {
      picked.pop();
      outOf.pop();
    }
    more = picked.length > 0;
    if (more) picked[picked.length - 1] = (picked.at(-1) as number) + 1;
  }
  return outcome(true, executions, best);
}

/** Run a test once more in a given order. Resolves to what went wrong, or null. */
export async function replayAsync(
  test: AsyncTest,
  order: readonly string[],
  { patience = 100 }: AsyncOptions = {},
): Promise<AsyncBug | null> {
  let at = 0;
  const run = await runOnce(test, patience, (labels) => {
    const wanted = order[at++];
    const place = wanted === undefined ? 0 : labels.indexOf(wanted);
    if (place < 0)
      throw new ModelError(`the order does not fit this test: "${wanted}" is not there`);
    return place;
  });
  return run.failure === null ? null : { ...run.failure, order: run.order, overtakings: 0 };
}

function outcome(complete: boolean, executions: number, bug: AsyncBug | null): AsyncOutcome {
  const verdict = bug !== null ? 'bug' : complete ? 'clean' : 'incomplete';
  return { verdict, complete, executions, bug };
}

async function runOnce(test: AsyncTest, patience: number, pick: Pick): Promise<AsyncRun> {
  const waiting: Waiting[] = [];
  const order: string[] = [];
  let news = 0;
  let ended: AsyncRun['failure'] | undefined;
  const turn = (label: string): Promise<void> =>
    new Promise((resolve) => {
      news++;
      waiting.push({ label, go: resolve });
    });
  const turns: Turns = {
    turn,
    wrap:
      (label, body) =>
      async (...args) => {
        await turn(label);
        return body(...args);
      },
  };
  test(turns).then(
    () => {
      news++;
      ended = null;
    },
    (error: unknown) => {
      news++;
      ended = { error, message: error instanceof Error ? error.message : String(error) };
    },
  );
  for (;;) {
    for (let quiet = 0, seen = news; quiet < patience; quiet++) {
      await null;
      if (seen !== news) quiet = 0;
      seen = news;
    }
    if (ended !== undefined && waiting.length === 0) return { order, failure: ended };
    if (waiting.length === 0) {
      const message = 'the test never ends: nobody waits for a turn any more';
      return { order, failure: { error: new Error(message), message } };
    }
    const [next] = waiting.splice(pick(waiting.map(({ label }) => label)), 1);
    if (next === undefined) throw new ModelError('nobody waits in that place');
    order.push(next.label);
    next.go();
  }
}
