import type { Bug, Cause, Outcome, TraceStep } from '../../explore/index.ts';
import type { Exploration, LinuxSource } from './explore.ts';

/** The document that `--json` prints. */
export interface ExploreDocument {
  readonly version: 1;
  readonly command: 'explore' | 'c';
  /** Null for a program that is not of a kernel. */
  readonly kernel: string | null;
  /** Of a kernel's own C: what was compiled and how. */
  readonly linux?: LinuxSource;
  readonly scenario: string;
  /** The shape of the device in words, where it is another one than usual. */
  readonly shape: string | null;
  /** What somebody has asked of the kernel, as it is written. */
  readonly asked: readonly string[];
  readonly verdict: Outcome['verdict'];
  readonly complete: boolean;
  /** Kinds of bugs that were not looked for. */
  readonly ignored: Outcome['ignored'];
  /** How much was found: bugs that are no data races, data races, and what the bugs hang on. */
  readonly counts: { readonly bugs: number; readonly data_races: number; readonly causes: number };
  readonly bounds: Outcome['bounds'];
  /** Whether executions began in a world that was kept, or each in a fresh one. */
  readonly worlds: Outcome['worlds'];
  readonly executions: number;
  readonly blocked: number;
  readonly transitions: number;
  readonly elapsed_ms: number;
  /** How many classes of executions showed which kinds of bugs; without any: the clean ones. */
  readonly outcomes: Outcome['outcomes'];
  /** Classes that need 0, 1, 2, ... preemptions; null unless asked for. */
  readonly histogram: Outcome['histogram'];
  readonly cross_check: Exploration['crossCheck'];
  readonly causes: readonly CauseDocument[];
  readonly bugs: readonly BugDocument[];
}

/** One cause as the JSON documents show it. */
export interface CauseDocument {
  readonly id: string;
  readonly title: string;
  /** The ids of its bugs, and for each of them the token of a witness of this cause. */
  readonly sites: readonly string[];
  readonly tokens: readonly (string | null)[];
  readonly preemptions: number;
  readonly pair: Cause['pair'];
  /** What is known of it in real kernels; null, empty and null where nothing is. */
  readonly status: Known['status'] | null;
  readonly reported: string;
  readonly kernels: Known['kernels'] | null;
  /** Where docs/findings.md tells about it. */
  readonly finding: string | null;
}

/** What is known of a cause besides what the exploration shows. */
export interface Known {
  readonly status: 'real' | 'narrow' | 'model-only';
  /** Where it was reported; empty when it was not. */
  readonly reported: string;
  /** The first kernel that has it, and the first that has it no more. */
  readonly kernels: readonly [from: string, until: string | null];
  /** The heading of docs/findings.md that tells about it, as a link names it. */
  readonly anchor: string;
}

/** Looks up what is known of a cause. */
export type KnownOf = (cause: Cause) => Known | null;

/** One step of a witness. Starting a task and waiting for its end are calls. */
export interface StepDocument extends Omit<TraceStep, 'event' | 'op'> {
  readonly op: Exclude<TraceStep['op'], 'note' | 'spawn' | 'join'>;
}

export interface BugDocument {
  readonly kind: Bug['kind'];
  readonly id: string;
  readonly function: string;
  readonly object: string;
  readonly message: string;
  /** What went wrong in a few words, for people. */
  readonly title: string;
  readonly preemptions: number;
  readonly switches: number;
  readonly classes: number;
  /** The order of two events that it hangs on; null where that is not known or not asked for. */
  readonly why: string | null;
  readonly token: string | null;
  readonly tasks: readonly string[];
  readonly steps: readonly StepDocument[];
}

export function exploreJson(
  {
    kernel,
    linux,
    scenario,
    shape = null,
    asked = [],
    outcome,
    elapsed_ms,
    tokens,
    whys,
    causeTokens,
    crossCheck,
  }: Exploration,
  knownOf: KnownOf = () => null,
): ExploreDocument {
  const { verdict, complete, ignored, bounds, worlds, executions, blocked, transitions } = outcome;
  const { outcomes, histogram } = outcome;
  const races = outcome.bugs.filter(({ kind }) => kind === 'data-race').length;
  return {
    version: 1,
    command: 'explore',
    kernel,
    ...(linux === undefined ? {} : { linux }),
    scenario,
    shape,
    asked,
    verdict,
    complete,
    ignored,
    counts: { bugs: outcome.bugs.length - races, data_races: races, causes: outcome.causes.length },
    bounds,
    worlds,
    executions,
    blocked,
    transitions,
    elapsed_ms,
    outcomes,
    histogram,
    cross_check: crossCheck,
    causes: outcome.causes.map((cause, i) =>
      causeJson(cause, causeTokens[i] ?? [], knownOf(cause)),
    ),
    bugs: outcome.bugs.map((bug, i) => bugJson(bug, tokens[i] ?? null, whys[i]?.text ?? null)),
  };
}

export function causeJson(
  { id, title, sites, preemptions, pair }: Cause,
  tokens: readonly (string | null)[],
  known: Known | null,
): CauseDocument {
  const { status = null, reported = '', kernels = null } = known ?? {};
  const finding = findingOf(known);
  return { id, title, sites, tokens, preemptions, pair, status, reported, kernels, finding };
}

/** Where the documentation tells about what is known. */
export function findingOf(known: Known | null): string | null {
  return known === null ? null : `docs/findings.md#${known.anchor}`;
}

/** One bug as the JSON documents show it. */
export function bugJson(bug: Bug, token: string | null, why: string | null = null): BugDocument {
  const { kind, id, object, message, title, preemptions, switches, classes, tasks } = bug;
  return {
    kind,
    id,
    function: bug.function,
    object,
    message,
    title,
    preemptions,
    switches,
    classes,
    why,
    token,
    tasks,
    steps: stepsJson(bug.steps),
  };
}

/** Steps as the JSON documents show them. */
export function stepsJson(steps: readonly TraceStep[]): StepDocument[] {
  return steps.flatMap((step) => {
    const { task, depth, function: name, target, value, place } = step;
    const op = documentOp(step.op);
    const where = place === undefined ? {} : { place };
    return op === null ? [] : [{ task, depth, function: name, op, target, value, ...where }];
  });
}

/** The word for a step in a document; null for a remark, which is no step. */
function documentOp(op: TraceStep['op']): StepDocument['op'] | null {
  if (op === 'note') return null;
  return op === 'spawn' || op === 'join' ? 'call' : op;
}
