import {
  type Bug,
  type BugKind,
  crossCheck,
  Explorer,
  type Outcome,
  type Program,
  sample,
  type TraceStep,
} from '../explore/index.ts';
import { errnoName, type Kconfig } from '../linux/index.ts';
import type { Shape } from '../machine/index.ts';
import { counted, type Exploration } from '../report/index.ts';
import { encodeToken, programOf, scenarioOf } from '../scenarios/index.ts';
import { designOf } from '../series/index.ts';

/** One search that can be handed to a thread: names and plain data only. */
export interface SearchRequest {
  readonly scenario: string;
  readonly shape: Shape;
  readonly kernel: string;
  readonly config: Kconfig;
  readonly maxExecutions: number | null;
  readonly maxSeconds: number | null;
  readonly ignore: readonly BugKind[];
  /** Count classes of executions by the fewest preemptions they need. */
  readonly histogram: boolean;
  /** Have a second engine look at the same program. */
  readonly crossCheck: boolean;
  /** Look at random executions instead of all. */
  readonly random: { readonly mode: 'uniform' | 'pct'; readonly seed: number } | null;
}

/** Set by Ctrl-C: searches end, and what was found is reported as incomplete. */
export interface Interruption {
  requested: boolean;
  /** Called when it is requested. */
  onRequest?: (() => void) | undefined;
}

/** How long a search runs before anybody else gets a look in, in milliseconds. */
const slice_ms = 100;

/** Explore a scenario on a device's shape, until it is complete, over budget or interrupted. */
export async function search(
  request: SearchRequest,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<Exploration> {
  const { kernel, config, shape } = request;
  const scenario = scenarioOf(request.scenario);
  const program = programOf(scenario, designOf(kernel), config, shape);
  const started = performance.now();
  const outcome =
    request.random === null
      ? await exhaust(program, request, interruption, progress)
      : sample(program, {
          ...request.random,
          executions: request.maxExecutions ?? randomExecutions,
          ignore: request.ignore,
        });
  return {
    kernel,
    scenario: scenario.name,
    outcome,
    elapsed_ms: Math.round(performance.now() - started),
    tokens: outcome.bugs.map((bug) => tokenOf(bug, request)),
    crossCheck: request.crossCheck ? secondOpinion(program, request) : null,
  };
}

/** How many random executions are looked at when nobody says. */
const randomExecutions = 10_000;

/** Every execution, slice by slice. */
async function exhaust(
  program: Program,
  { maxExecutions, maxSeconds, ignore, histogram }: SearchRequest,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<Outcome> {
  const explorer = new Explorer(program, {
    ignore,
    histogram,
    ...(maxExecutions === null ? {} : { maxExecutions }),
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
    if (maxSeconds !== null && elapsed > maxSeconds * 1000) break;
    if (elapsed > 1000 && !done) {
      const sofar = `${counted(explorer.executions, 'execution')}   ${counted(explorer.bugs, 'bug')}`;
      progress(`${program.name}   ${sofar}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return explorer.outcome();
}

/** What the second engine makes of the same program. */
function secondOpinion(program: Program, { ignore }: SearchRequest): Exploration['crossCheck'] {
  const { states, differences } = crossCheck(program, { ignore });
  return { states: states.states, differences };
}

function tokenOf(bug: Bug, { scenario, shape, kernel, config }: SearchRequest): string | null {
  if (bug.steps.length === 0) return null;
  const { schedule, id } = bug;
  return encodeToken({ kernel, scenario, config, shape, schedule, bug: id }, bug.tasks);
}

/** Error numbers by their names. */
export function valueText({ op, value }: TraceStep): string {
  return op === 'return' && /^-\d+$/.test(value) ? errnoName(Number(value)) : value;
}

/** 2 when the engines disagree, 1 for a bug, 3 for a search that was cut short, else 0. */
export function exitCodeOf(explorations: readonly Exploration[]): number {
  if (explorations.some((one) => (one.crossCheck?.differences.length ?? 0) > 0)) return 2;
  if (explorations.some(({ outcome }) => outcome.verdict === 'bug')) return 1;
  return explorations.every(({ outcome }) => outcome.complete) ? 0 : 3;
}
