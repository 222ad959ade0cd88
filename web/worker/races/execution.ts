// One execution as the page shows it: plain data.
import {
  type Bug,
  type Replay,
  type States,
  stateRanks,
  type TraceStep,
} from '../../../src/explore/index.ts';
import {
  type Deciding,
  type Edge,
  edgesOf,
  type Pair,
  type Row,
  rowsOf,
  withPair,
} from '../../../src/report/index.ts';
import { valueText } from '../../../src/scenarios/index.ts';

/** Something that goes wrong, in a line. */
export interface ShownFailure {
  readonly id: string;
  readonly message: string;
  readonly isHint: boolean;
}

export interface ShownExecution {
  readonly tasks: readonly string[];
  /** How many steps there are to go through: those that a token does not come to are not. */
  readonly steps: number;
  /** The steps that matter, and all. */
  readonly matter: readonly Row[];
  readonly every: readonly Row[];
  /** What orders steps of different tasks: among the steps that matter, and among all. */
  readonly edges: { readonly matter: readonly Edge[]; readonly every: readonly Edge[] };
  /** Which steps decide, and where it goes wrong. */
  readonly pair: Pair | null;
  readonly at: number | null;
  readonly states: States;
  /** By place of the states: how much it has to do with what decides. */
  readonly ranks: readonly number[];
}

/** The execution of a bug. */
export function shownBug(bug: Bug, states: States, why: Deciding | null): ShownExecution {
  const whole = withPair(bug, why);
  return shown(whole.bug, whole.pair, bug.steps.length, states);
}

/** One that is shown for itself; `isKept` says which steps matter, where that is known. */
export function shownReplay(
  { tasks, steps, failures }: Pick<Replay, 'tasks' | 'steps' | 'failures'>,
  states: States,
  pair: Pair | null = null,
  isKept: ((step: TraceStep, i: number) => boolean) | null = null,
): ShownExecution {
  const kind = failures[0]?.kind ?? 'property';
  const kept =
    isKept === null ? undefined : steps.map((step, i) => pair?.includes(i) || isKept(step, i));
  return shown({ kind, tasks, steps, at: null }, pair, steps.length, states, kept);
}

function shown(
  bug: Pick<Bug, 'kind' | 'tasks' | 'steps' | 'at'>,
  pair: Pair | null,
  length: number,
  states: States,
  kept?: readonly boolean[],
): ShownExecution {
  const { tasks, steps, at } = bug;
  const options = { pair, value: valueText };
  const matter = rowsOf(bug, kept === undefined ? options : { ...options, shown: kept });
  const shown = steps.map((_, i) => matter.some(({ step }) => step === i));
  return {
    tasks,
    steps: length,
    edges: { matter: edgesOf(steps, tasks, shown), every: edgesOf(steps, tasks) },
    matter,
    every: rowsOf(bug, { ...options, full: true }),
    pair,
    at,
    states,
    ranks: stateRanks(states, placesOf(steps, pair, at)),
  };
}

/** Where the steps that decide, or the one that fails, happen. */
function placesOf(steps: readonly TraceStep[], pair: Pair | null, at: number | null): string[] {
  const targets = [...(pair ?? []), ...(at === null ? [] : [at])].map(
    (i) => steps[i]?.target ?? '',
  );
  return [...new Set(targets)];
}

/**
 * What matters of an execution that is the same as another up to a step: what is shown of that one, and
 * from there on what touches the same.
 */
export function likewise(
  steps: readonly TraceStep[],
  rows: readonly Row[],
  differs: number,
): (step: TraceStep, i: number) => boolean {
  const shown = new Set(rows.flatMap(({ step }) => (step === null ? [] : [step])));
  const touched = new Set(
    [...shown].flatMap((i) => {
      const found = steps[i];
      return found === undefined || found.op === 'return' ? [] : [found.target];
    }),
  );
  return ({ op, target }, i) =>
    i < differs ? shown.has(i) : op !== 'call' && op !== 'return' && touched.has(target);
}
