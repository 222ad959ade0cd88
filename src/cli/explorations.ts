import { type Bug, Explorer, type Program, type TraceStep } from '../explore/index.ts';
import { errnoName, type Kconfig } from '../linux/index.ts';
import type { Shape } from '../machine/index.ts';
import { counted, type Exploration } from '../report/index.ts';
import { encodeToken, programOf, type Scenario } from '../scenarios/index.ts';
import { designOf } from '../series/index.ts';
import type { Console } from './console.ts';
import type { Options } from './options.ts';

/** Set by Ctrl-C: searches end, and what was found is reported as incomplete. */
export interface Interruption {
  requested: boolean;
}

/** How long a search runs before the terminal gets a look in, in milliseconds. */
const slice_ms = 100;

/** Explore a scenario on a device's shape, until it is complete, over budget or interrupted. */
export async function runExploration(
  scenario: Scenario,
  shape: Shape,
  kernel: string,
  options: Options,
  console: Console,
  interruption: Interruption,
): Promise<Exploration> {
  const program: Program = programOf(scenario, designOf(kernel), options.config, shape);
  const explorer = new Explorer(program, {
    ignore: options.ignore,
    ...(options.maxExecutions === null ? {} : { maxExecutions: options.maxExecutions }),
  });
  const started = performance.now();
  let batch = 16;
  let done = false;
  while (!done && !interruption.requested) {
    const before = performance.now();
    done = explorer.run(batch);
    const now = performance.now();
    if (now - before < slice_ms / 2) batch *= 2;
    const elapsed = now - started;
    if (options.maxSeconds !== null && elapsed > options.maxSeconds * 1000) break;
    if (elapsed > 1000 && !done) {
      console.progress(
        `${scenario.name}   ${counted(explorer.executions, 'execution')}   ${counted(explorer.bugs, 'bug')}`,
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.progress(null);
  const outcome = explorer.outcome();
  return {
    kernel,
    scenario: scenario.name,
    outcome,
    elapsed_ms: Math.round(performance.now() - started),
    tokens: outcome.bugs.map((bug) => tokenOf(bug, scenario, shape, kernel, options.config)),
  };
}

function tokenOf(
  bug: Bug,
  scenario: Scenario,
  shape: Shape,
  kernel: string,
  config: Kconfig,
): string | null {
  if (bug.steps.length === 0) return null;
  const { schedule, id } = bug;
  return encodeToken(
    { kernel, scenario: scenario.name, config, shape, schedule, bug: id },
    bug.tasks,
  );
}

/** Error numbers by their names. */
export function valueText({ op, value }: TraceStep): string {
  return op === 'return' && /^-\d+$/.test(value) ? errnoName(Number(value)) : value;
}

/** 1 for a bug, 3 for a search that was cut short, else 0. */
export function exitCodeOf(explorations: readonly Exploration[]): number {
  if (explorations.some(({ outcome }) => outcome.verdict === 'bug')) return 1;
  return explorations.every(({ outcome }) => outcome.complete) ? 0 : 3;
}
