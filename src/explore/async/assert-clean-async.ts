import { type AsyncOptions, type AsyncOutcome, exploreAsync } from './explore-async.ts';
import type { AsyncTest } from './run.ts';

/** Thrown when an asynchronous test fails in some order, or not every order was run. */
export class NotCleanAsync extends Error {
  override readonly name = 'NotCleanAsync';
  readonly outcome: AsyncOutcome;

  constructor(outcome: AsyncOutcome, message: string) {
    super(message, { cause: outcome.bug?.error });
    this.outcome = outcome;
  }
}

/**
 * Run an asynchronous test in every order and reject unless it passes in all of them, for use in any
 * test runner. The message shows the order that fails and is easiest to come by.
 *
 * ```ts
 * it('fetches once', () => assertCleanAsync(async ({ turn, wrap }) => { ... }));
 * ```
 *
 * @throws NotCleanAsync
 */
export async function assertCleanAsync(
  test: AsyncTest,
  options: AsyncOptions = {},
): Promise<AsyncOutcome> {
  const outcome = await exploreAsync(test, options);
  const { verdict, executions, bug, leftOut } = outcome;
  if (verdict === 'clean') return outcome;
  if (bug === null)
    throw new NotCleanAsync(outcome, `no failure in ${executions} orders, but ${leftOut}`);
  const lines = [
    `${bug.message} (in one of ${executions} orders)`,
    '',
    ...bug.order.map((label, i) => `  ${String(i + 1).padStart(3)}  ${label}`),
    '',
    `again: replayAsync(test, ${JSON.stringify(bug.order)})`,
  ];
  throw new NotCleanAsync(outcome, lines.join('\n'));
}
