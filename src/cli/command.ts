import type { Shape } from '../machine/index.ts';
import type { Witnesses } from '../report/index.ts';
import type { Scenario } from '../scenarios/index.ts';
import { UsageError } from '../util/index.ts';
import type { Console } from './console.ts';
import type { Options } from './options.ts';
import type { Interruption, SearchRequest } from './search.ts';

/** One thing fwspec can be asked to do. */
export interface Command {
  readonly name: string;
  /** The operands, as the help shows them. */
  readonly operands: string;
  readonly about: string;
  /** Runs it and returns the exit code. */
  readonly run: (
    options: Options,
    console: Console,
    interruption: Interruption,
  ) => number | Promise<number>;
}

/**
 * The operands of a command, when there are as many as it takes.
 *
 * @throws UsageError when there are more or fewer
 */
export function operandsOf(options: Options, ...names: readonly string[]): string[] {
  const { command, operands } = options;
  const usage = `usage: fwspec ${command} ${names.map((name) => `<${name}>`).join(' ')}`.trimEnd();
  const missing = names[operands.length];
  if (missing !== undefined)
    throw new UsageError('cli/missing-operand', `${command} needs a ${missing}`, usage);
  const extra = operands[names.length];
  if (extra !== undefined)
    throw new UsageError('cli/extra-operand', `${command} does not take "${extra}"`, usage);
  return [...operands];
}

/** The search that the options ask for. */
export function requestOf(
  scenario: Scenario,
  shape: Shape,
  kernel: string,
  options: Options,
  explain: Witnesses,
): SearchRequest {
  const { patch, config, maxExecutions, maxSeconds, ignore, histogram, crossCheck, seed } = options;
  const random = options.random === null ? null : { mode: options.random, seed };
  const budget = { maxExecutions, maxSeconds };
  const { checkpoint } = options;
  const how = { ignore, histogram, crossCheck, random, checkpoint, explain };
  return { scenario: scenario.name, shape, kernel, patch, config, ...budget, ...how };
}
