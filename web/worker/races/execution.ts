// One execution as the page shows it: plain data.
import {
  type Bug,
  type Replay,
  type States,
  stateRanks,
  type TraceStep,
} from '../../../src/explore/index.ts';
import { type Deciding, type Pair, type Row, rowsOf, withPair } from '../../../src/report/index.ts';
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

/** One that is shown for itself; `targets` are what is of interest, where that is known. */
export function shownReplay(
  { tasks, steps, failures }: Pick<Replay, 'tasks' | 'steps' | 'failures'>,
  states: States,
  pair: Pair | null = null,
  targets: ReadonlySet<string> | null = null,
): ShownExecution {
  const kind = failures[0]?.kind ?? 'property';
  const kept =
    targets === null
      ? undefined
      : steps.map(
          ({ op, target }, i) =>
            pair?.includes(i) === true || (op !== 'call' && op !== 'return' && targets.has(target)),
        );
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
  return {
    tasks,
    steps: length,
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

/** What the steps that are shown of an execution touch. */
export function touched(steps: readonly TraceStep[], rows: readonly Row[]): Set<string> {
  return new Set(
    rows.flatMap(({ step }) => {
      const found = step === null ? undefined : steps[step];
      return found === undefined || found.op === 'return' ? [] : [found.target];
    }),
  );
}
