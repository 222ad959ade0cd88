import { UsageError } from '../../util/index.ts';
import { NotDeterministic } from '../program/checks/beginning.ts';
import { type BugKind, bugKinds } from '../program/failure.ts';
import type { Names } from '../program/names.ts';
import { type Program, sometimesOf, titleOfProperty } from '../program/program.ts';
import type { Linearization } from './cheapest/witness.ts';
import { type Findings, type Found, fingerprint } from './findings.ts';
import type { Replay, TraceStep } from './replay/recorder.ts';
import { record } from './replay/replay.ts';
import { isLabel, type Schedule } from './replay/schedule.ts';
import { titleOf } from './title.ts';
import type { Cause } from './why/causes.ts';

/** One bug, with the witness of fewest preemptions, then switches, then steps. */
export interface Bug {
  readonly kind: BugKind;
  /** Stable fingerprint: kind, function and class of object. */
  readonly id: string;
  readonly function: string;
  readonly object: string;
  readonly message: string;
  /** What went wrong in a few words, for people. */
  readonly title: string;
  /** Times a task was made to wait although it could have gone on. */
  readonly preemptions: number;
  readonly switches: number;
  /** How many events the witness has. */
  readonly events: number;
  /** No witness is cheaper; false when proving that would have taken too long. */
  readonly minimal: boolean;
  /** In how many classes of executions it happens. */
  readonly classes: number;
  readonly tasks: readonly string[];
  readonly schedule: Schedule;
  readonly steps: readonly TraceStep[];
  /** Where in `steps` it goes wrong; null when it is only seen at the end. */
  readonly at: number | null;
}

export interface Outcome {
  readonly program: string;
  readonly verdict: 'bug' | 'clean' | 'incomplete';
  /** Every execution was looked at. */
  readonly complete: boolean;
  /**
   * What was covered when not everything was: all executions with at most so many preemptions (as
   * far as `maxStates` was given), and the limit on executions.
   */
  readonly bounds: { readonly preemptions: number | null; readonly executions: number | null };
  /**
   * Where executions begin: in a world that was kept and taken back, or each in a fresh one, as state
   * that no search can take back demands. The same is found either way. Null for random executions.
   */
  readonly worlds: 'kept' | 'fresh' | null;
  /** Kinds of bugs that were not looked for. */
  readonly ignored: readonly BugKind[];
  readonly executions: number;
  readonly blocked: number;
  readonly transitions: number;
  /** All that was found, data races among it: see `causes` for what the others hang on. */
  readonly bugs: readonly Bug[];
  /** What the bugs hang on that are no data races. */
  readonly causes: readonly Cause[];
  /** How many classes of executions showed which kinds of bugs; without any: the clean ones. */
  readonly outcomes: readonly {
    readonly kinds: readonly BugKind[];
    /** A task has said that they are of no interest. */
    readonly abandoned?: true;
    readonly classes: number;
  }[];
  /** Classes that need 0, 1, 2, ... preemptions; null unless asked for. */
  readonly histogram: readonly number[] | null;
}

/** Bugs that were described already, by the witness that was run for it. */
export type Described = WeakMap<Linearization, Bug>;

/** All that was found, in the order of {@link byWeight}. */
export function describeBugs(
  program: Program,
  findings: Findings,
  described: Described = new WeakMap(),
): Bug[] {
  return findings.bugs
    .map((found) => describeBug(program, found, findings.names, described))
    .sort(byWeight);
}

/** Kinds of what an execution shows without going wrong itself: told of last. */
const hints: readonly BugKind[] = ['lock-order', 'data-race'];

/** Whether an execution that shows such a bug does not go wrong itself: another could. */
export function isHint(kind: BugKind): boolean {
  return hints.includes(kind);
}

/** The easiest to reach first, of those as easy the worst; hints after all that goes wrong. */
export function byWeight(
  a: Pick<Bug, 'kind' | 'preemptions' | 'id'>,
  b: Pick<Bug, 'kind' | 'preemptions' | 'id'>,
): number {
  return (
    hints.indexOf(a.kind) - hints.indexOf(b.kind) ||
    a.preemptions - b.preemptions ||
    bugKinds.indexOf(a.kind) - bugKinds.indexOf(b.kind) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** Run the cheapest witness of a bug once more, and write down what happens. */
function describeBug(program: Program, found: Found, names: Names, described: Described): Bug {
  const { best, classes, minimal } = found;
  const known = best === null ? undefined : described.get(best);
  const bug =
    known?.id === found.id
      ? known
      : bugOf(record(program, best?.schedule ?? [], best?.ways, names), found.id);
  if (bug === null) throw new NotDeterministic(`run again, an execution does not show ${found.id}`);
  if (minimal && bug.preemptions !== best?.cost.preemptions)
    throw new NotDeterministic(`run again, ${found.id} takes other preemptions than before`);
  if (best !== null) described.set(best, bug);
  return { ...bug, function: found.function, object: found.object, classes, minimal };
}

/** The other ways for the bugs to come about, each by its cheapest witness. */
export function describeVariants(
  program: Program,
  { bugs, names }: Findings,
  described: Described,
): Bug[] {
  return bugs.flatMap((found) =>
    found.variants
      .filter(({ best }) => best !== null && best.schedule.join() !== found.best?.schedule.join())
      .map(({ best }) =>
        describeBug(program, { ...found, best, minimal: false }, names, described),
      ),
  );
}

/** Steps that are no event: nobody else can notice them. */
const localSteps: readonly TraceStep['op'][] = ['call', 'return', 'alloc', 'get', 'put', 'note'];

/** The bug with this fingerprint in an execution that was run again, or null. */
export function bugOf(again: Replay, id: string): Bug | null {
  const failure = again.failures.find((other) => fingerprint(other) === id);
  if (failure === undefined) return null;
  // The event itself, or the pointer it was about to follow; not what the task did by itself then.
  const at = again.steps.findLastIndex(
    ({ event, op }) => event === failure.event && !localSteps.includes(op),
  );
  return {
    kind: failure.kind,
    id,
    function: failure.function,
    object: failure.object,
    message: failure.message,
    title: titleOf(failure),
    preemptions: again.preemptions,
    switches: Math.max(0, again.schedule.length - 1),
    events: again.events,
    minimal: false,
    classes: 1,
    tasks: again.tasks,
    schedule: again.schedule,
    steps: again.steps,
    at: at < 0 ? null : at,
  };
}

/**
 * The bug that a token means, by its fingerprint or the abbreviation of that, in an execution that was run again.
 *
 * @throws UsageError when it does not happen any more
 */
export function bugMeant(again: Replay, meant: string): Bug {
  const ids = again.failures
    .toSorted((a, b) => bugKinds.indexOf(a.kind) - bugKinds.indexOf(b.kind))
    .map(fingerprint);
  const id = ids.find((found) => isLabel(found, meant));
  const bug = id === undefined ? null : bugOf(again, id);
  if (bug !== null) return bug;
  throw new UsageError(
    'cli/bug-is-gone',
    'the schedule still fits, but the bug of this token does not happen any more',
    'explore the scenario again',
  );
}

/** Properties of the `sometimes` kind that no execution satisfied. */
export function neverReached(program: Program, findings: Findings, executions: number): Bug[] {
  const { start } = record(program, []);
  const missed = [...sometimesOf(start)].filter(([name]) => !findings.reached.has(name));
  // Those of one name are one bug.
  return [...new Map(missed.map(([, property]) => [property.name, property])).values()].map(
    (property) => ({
      kind: 'property',
      id: fingerprint({ kind: 'property', function: property.name, object: 'sometimes' }),
      function: property.name,
      object: 'sometimes',
      message: `never happens in any execution: ${property.name}`,
      title: titleOfProperty(property),
      preemptions: 0,
      switches: 0,
      events: 0,
      minimal: true,
      classes: executions,
      tasks: [],
      schedule: [],
      steps: [],
      at: null,
    }),
  );
}
