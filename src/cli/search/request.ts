import type { BugKind, Program } from '../../explore/index.ts';
import type { Kconfig } from '../../linux/index.ts';
import type { Shape } from '../../machine/index.ts';
import type { Witnesses } from '../../report/index.ts';
import { programOf, type Scenario, scenarioOf } from '../../scenarios/index.ts';
import type { Options } from '../arguments/checked.ts';
import { designWith } from '../kernel/patch-file.ts';

/** One search that can be handed to a thread: names and plain data only. */
export interface SearchRequest {
  readonly scenario: string;
  readonly shape: Shape;
  readonly kernel: string;
  /** The file of the patch that is part of the kernel's name. */
  readonly patch: string | null;
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
  /** Where to write how far the search is, and to go on from. */
  readonly checkpoint: string | null;
  /** Say what a search that was cut short has covered, which takes as long as it takes. */
  readonly cover: boolean;
  /** Which bugs are explained. */
  readonly explain: Witnesses;
  /** Whether what the bugs hang on is looked for. */
  readonly causes: boolean;
}

/** Set by Ctrl-C: searches end, and what was found is reported as incomplete. */
export interface Interruption {
  requested: boolean;
  /** Called when it is requested. */
  onRequest?: (() => void) | undefined;
  /** To be called now and then by whoever works for long. */
  alive?: (() => void) | undefined;
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

export async function programOfRequest(request: SearchRequest): Promise<Program> {
  const { kernel, patch, config, shape, scenario } = request;
  return programOf(scenarioOf(scenario), await designWith(kernel, patch), config, shape);
}
