import type { Shape } from '../../machine/index.ts';
import type { Witnesses } from '../../report/index.ts';
import type { Scenario } from '../../scenarios/index.ts';
import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import type { Interruption, SearchRequest } from '../search/search.ts';

/** Does what a command is asked for, and returns the exit code. */
export type Run = (
  options: Options,
  console: Console,
  interruption: Interruption,
) => number | Promise<number>;

/** One thing fwspec can be asked to do; what it takes is in arguments/commands.ts. */
export interface Command {
  readonly run: Run;
}

/** The search that the options ask for. */
export function requestOf(
  scenario: Scenario,
  shape: Shape,
  kernel: string,
  options: Options,
  explain: Witnesses,
  causes = true,
): SearchRequest {
  const { patch, config, maxExecutions, maxSeconds, ignore, histogram, crossCheck, seed } = options;
  const random = options.random === null ? null : { mode: options.random, seed };
  const budget = { maxExecutions, maxSeconds };
  const { checkpoint } = options;
  const cover = explain !== 'none';
  const how = { ignore, histogram, crossCheck, random, checkpoint, cover, explain, causes };
  return { scenario: scenario.name, shape, kernel, patch, config, ...budget, ...how };
}
