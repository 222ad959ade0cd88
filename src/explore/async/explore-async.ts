import { ModelError } from '../program/failure.ts';
import { checkAsyncOptions } from './async-options.ts';
import { EventLoop, installVirtual } from './platform.ts';
import { type AsyncFailure, AsyncRun, type AsyncTest, type Limits, type Pick } from './run.ts';

export interface AsyncOptions {
  /** Stop after this many executions; the verdict is then *incomplete* unless the test failed. */
  readonly maxExecutions?: number;
  /**
   * How many timers that were set while somebody waits for a turn may go off before that turn is
   * taken: 3 unless said. An interval could go on for ever. If that ever leaves an order out, the
   * verdict is *incomplete* at best.
   */
  readonly maxTicks?: number;
  /** An execution with more turns and timers than this, 1000 unless said, is an error of the test. */
  readonly maxSteps?: number;
  /**
   * For how many turns of the event loop, 20 unless said, nothing may happen before a test that
   * waits for neither a turn nor a timer is taken to wait for ever.
   */
  readonly patience?: number;
}

export interface AsyncOutcome {
  readonly verdict: 'bug' | 'clean' | 'incomplete';
  /** Every order was run. */
  readonly complete: boolean;
  readonly executions: number;
  /** The failure that needs the fewest turns out of the order of arrival. */
  readonly bug: AsyncBug | null;
  /** Only there when not every order was run: why. */
  readonly leftOut?: string;
}

export interface AsyncBug {
  readonly message: string;
  /** What the test was rejected with. */
  readonly error: unknown;
  /** Whose turn it was, and which timers went off, in order: what {@link replayAsync} takes. */
  readonly order: readonly string[];
  /** How often somebody was let past others who had waited for longer. */
  readonly overtakings: number;
}

/**
 * Run an ordinary asynchronous test once for every order in which those who wait for their turn, and
 * timers, can go on. The code in between runs as it always does.
 *
 * While it runs, the timers and the clock of the platform are virtual, for everybody: callbacks and
 * promises of timers, dates, time stamps, signals that abort after a while; afterwards they are what
 * they were. Nobody waits for real time. See the guide for which orders of timers there are.
 *
 * @throws ModelError when the test waits for something outside (a file, the network, a real timer),
 * does not end in any order, behaves differently when run twice, or when another exploration of an
 * asynchronous test is not over
 */
export async function exploreAsync(
  test: AsyncTest,
  options: AsyncOptions = {},
): Promise<AsyncOutcome> {
  const { maxExecutions = Number.POSITIVE_INFINITY } = options;
  return await withExecutions('exploreAsync', test, options, async (execute) => {
    // By depth: which of what was picked. The next execution differs in the last place it can.
    const picked: number[] = [];
    const outOf: string[][] = [];
    let best: (AsyncFailure & AsyncBug) | null = null;
    let executions = 0;
    let ends = false;
    let heldBack = false;
    let more = true;
    while (more && executions < maxExecutions) {
      let depth = 0;
      const run = await execute((labels) => {
        const known = outOf[depth];
        if (known === undefined) {
          picked[depth] = 0;
          outOf[depth] = [...labels];
        } else if (known.join('\n') !== labels.join('\n')) {
          throw notDeterministic(known, labels);
        }
        return picked[depth++] as number;
      });
      if (depth < picked.length) throw notDeterministic(outOf[depth] as string[], []);
      executions++;
      heldBack ||= run.heldBack;
      ends ||= run.failure?.kind !== 'stuck';
      if (run.failure !== null) {
        const overtakings = picked.filter((place) => place > 0).length;
        if (best === null || overtakings < best.overtakings)
          best = { ...run.failure, order: run.order, overtakings };
      }
      while (picked.length > 0 && (picked.at(-1) as number) + 1 === outOf.at(-1)?.length) {
        picked.pop();
        outOf.pop();
      }
      more = picked.length > 0;
      if (more) picked[picked.length - 1] = (picked.at(-1) as number) + 1;
    }
    if (best !== null && !ends) throw neverEnds(executions);
    const leftOut = more
      ? `there are more than ${executions} orders`
      : heldBack
        ? 'timers that are set again and again were held back while somebody waited for a turn'
        : null;
    return outcomeOf(executions, best, leftOut);
  });
}

function outcomeOf(
  executions: number,
  best: (AsyncFailure & AsyncBug) | null,
  leftOut: string | null,
): AsyncOutcome {
  const complete = leftOut === null;
  const bug = best === null ? null : bugOf(best, best.order, best.overtakings);
  const verdict = bug !== null ? 'bug' : complete ? 'clean' : 'incomplete';
  return { verdict, complete, executions, bug, ...(complete ? {} : { leftOut }) };
}

function bugOf(
  { message, error }: AsyncFailure,
  order: readonly string[],
  overtakings: number,
): AsyncBug {
  return { message, error, order, overtakings };
}

/**
 * Run a test once more in a given order. Resolves to what went wrong, or null.
 *
 * @throws ModelError when the order does not fit the test
 */
export async function replayAsync(
  test: AsyncTest,
  order: readonly string[],
  options: AsyncOptions = {},
): Promise<AsyncBug | null> {
  return await withExecutions('replayAsync', test, options, async (execute) => {
    let at = 0;
    let overtakings = 0;
    const run = await execute((labels) => {
      const wanted = order[at++];
      const place = wanted === undefined ? 0 : labels.indexOf(wanted);
      if (place < 0) {
        throw new ModelError(
          `the order does not fit this test: "${wanted}" is not there, but ${labels.join(', ')}`,
        );
      }
      if (place > 0) overtakings++;
      return place;
    });
    return run.failure === null ? null : bugOf(run.failure, run.order, overtakings);
  });
}

/** Executes a test once, in the order that is picked. */
type Execute = (pick: Pick) => Promise<AsyncRun>;

/** One exploration at a time: there is one clock. Known under one name to all copies of this module. */
const running = Symbol.for('fwspec.exploring');

/** Do something with executions of a test, with virtual timers in place. */
async function withExecutions<T>(
  who: string,
  test: AsyncTest,
  options: AsyncOptions,
  body: (execute: Execute) => Promise<T>,
): Promise<T> {
  if (typeof test !== 'function')
    throw new ModelError(`${who}() takes the test, an async function, not ${typeof test}`);
  checkAsyncOptions(who, options);
  const { patience = 20, maxSteps = 1_000, maxTicks = 3 } = options;
  const limits: Limits = { patience, maxSteps, maxTicks };
  const global = globalThis as unknown as Record<symbol, boolean>;
  if (global[running] === true) {
    throw new ModelError(
      `${who}() while another exploration of an asynchronous test runs: await that one first`,
    );
  }
  global[running] = true;
  const loop = new EventLoop();
  let current = new AsyncRun(loop, limits);
  const restore = installVirtual(
    () => current.timers,
    (reason) => current.fail(reason),
  );
  try {
    return await body(async (pick) => {
      current = new AsyncRun(loop, limits);
      await current.run(test, pick);
      return current;
    });
  } finally {
    restore();
    loop.close();
    global[running] = false;
  }
}

function neverEnds(executions: number): ModelError {
  return new ModelError(
    `the test never ends, in none of ${executions} orders: it waits for a promise that no turn and ` +
      'no timer settles. Either nobody does, or something outside (a file, the network, a real ' +
      'timer): answer in its place, in wrap().',
  );
}

function notDeterministic(before: readonly string[], now: readonly string[]): ModelError {
  const list = (labels: readonly string[]): string =>
    labels.length === 0 ? 'nobody' : labels.join(', ');
  return new ModelError(
    'the test is not deterministic: others wait than the last time ' +
      `(${list(now)} instead of ${list(before)}). ` +
      'Make everything anew in each call, and wait for nothing outside.',
  );
}
