import { assert } from '../util/index.ts';
import { type BugKind, bugKinds, ModelError } from './failure.ts';
import { Findings, type Found, fingerprint } from './findings.ts';
import type { Program } from './program.ts';
import { type Replay, record, type TraceStep } from './replay.ts';
import type { Run } from './run.ts';
import type { Schedule } from './schedule.ts';
import { Search } from './search.ts';

export interface ExploreOptions {
  /** Stop after this many executions; the verdict is then *incomplete* unless a bug was found. */
  readonly maxExecutions?: number;
  /** A longer execution is an error of the program. */
  readonly maxSteps?: number;
  /** Kinds of bugs that are not wanted. */
  readonly ignore?: readonly BugKind[];
  /** Count the classes of executions by the fewest preemptions that any of their members needs. */
  readonly histogram?: boolean;
}

/** One bug, with the witness of fewest preemptions, then switches, then steps. */
export interface Bug {
  readonly kind: BugKind;
  /** Stable fingerprint: kind, function and class of object. */
  readonly id: string;
  readonly function: string;
  readonly object: string;
  readonly message: string;
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
  readonly bounds: { readonly preemptions: number | null; readonly executions: number | null };
  readonly executions: number;
  readonly blocked: number;
  readonly transitions: number;
  readonly bugs: readonly Bug[];
  /** How many classes of executions showed which kinds of bugs; without any: the clean ones. */
  readonly outcomes: readonly {
    readonly kinds: readonly BugKind[];
    readonly classes: number;
  }[];
  /** Classes that need 0, 1, 2, ... preemptions; null unless asked for. */
  readonly histogram: readonly number[] | null;
}

/**
 * Explores a program a few executions at a time, so that a caller can show progress or stop.
 *
 * ```ts
 * const explorer = new Explorer(program);
 * while (!explorer.run(1000)) showProgress(explorer.executions);
 * const outcome = explorer.outcome();
 * ```
 */
export class Explorer {
  readonly #program: Program;
  readonly #options: ExploreOptions;
  readonly #search: Search;
  readonly #findings: Findings;

  constructor(program: Program, options: ExploreOptions = {}) {
    this.#program = program;
    this.#options = options;
    this.#search = new Search(
      program,
      (run, execution, failures) => {
        if (this.#search.executions === 1) checkDeterminism(program, run);
        this.#findings.add(run, execution, failures);
      },
      options.maxSteps,
    );
    const { width } = this.#search;
    this.#findings = new Findings(program, width, options.ignore, options.histogram);
  }

  get executions(): number {
    return this.#search.executions;
  }

  get bugs(): number {
    return this.#findings.bugs.length;
  }

  /** Explore at most `executions` more. Returns whether there is nothing left to do. */
  run(executions: number): boolean {
    const limit = this.#options.maxExecutions ?? Number.POSITIVE_INFINITY;
    const left = Math.min(executions, limit - this.#search.executions);
    if (left > 0) this.#search.explore(left);
    return this.#search.complete || this.#search.executions >= limit;
  }

  /** What was found so far. Complete only when {@link run} has returned true without a limit. */
  outcome(): Outcome {
    const { executions, blocked, transitions, complete } = this.#search;
    const { outcomes, histogram } = this.#findings;
    const bugs = this.#findings.bugs.map((found) => describeBug(this.#program, found));
    if (complete) bugs.push(...neverReached(this.#program, this.#findings, executions));
    bugs.sort(byWeight);
    return {
      program: this.#program.name,
      verdict: bugs.length > 0 ? 'bug' : complete ? 'clean' : 'incomplete',
      complete,
      bounds: { preemptions: null, executions: this.#options.maxExecutions ?? null },
      executions,
      blocked,
      transitions,
      bugs,
      outcomes,
      histogram: this.#options.histogram === true ? [...histogram] : null,
    };
  }
}

/** Run an execution twice more: a program that behaves differently cannot be explored. */
function checkDeterminism(program: Program, run: Run): void {
  const schedule = run.task.slice(0, run.length);
  const traces = [1, 2].map(() => {
    const { steps, failures } = record(program, schedule);
    return JSON.stringify([steps, failures.map(fingerprint)]);
  });
  if (traces[0] === traces[1]) return;
  throw new ModelError(
    'the program is not deterministic: one schedule, run twice, does two different things. ' +
      'Setup and tasks may depend on nothing but what they read from cells.',
  );
}

/** The worst and the easiest to reach first. */
export function byWeight(a: Bug, b: Bug): number {
  return (
    bugKinds.indexOf(a.kind) - bugKinds.indexOf(b.kind) ||
    a.preemptions - b.preemptions ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** Run the cheapest witness of a bug once more, and write down what happens. */
export function describeBug(program: Program, found: Found): Bug {
  const { best, classes, minimal } = found;
  const bug = bugOf(record(program, best?.schedule ?? [], best?.ways), found.id);
  assert(bug !== null, `the witness of ${found.id} shows it`);
  assert(
    !minimal || bug.preemptions === best?.cost.preemptions,
    `${found.id} costs what was computed`,
  );
  return { ...bug, function: found.function, object: found.object, classes, minimal };
}

/** The bug with this fingerprint in an execution that was run again, or null. */
export function bugOf(again: Replay, id: string): Bug | null {
  const failure = again.failures.find((other) => fingerprint(other) === id);
  if (failure === undefined) return null;
  const at = again.steps.findLastIndex(
    ({ event, op }) => event === failure.event && op !== 'call' && op !== 'return',
  );
  return {
    kind: failure.kind,
    id,
    function: failure.function,
    object: failure.object,
    message: failure.message,
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

/** Properties of the `sometimes` kind that no execution satisfied. */
export function neverReached(program: Program, findings: Findings, executions: number): Bug[] {
  const { start } = record(program, []);
  return (start.properties ?? [])
    .filter(({ kind, name }) => kind === 'sometimes' && !findings.reached.has(name))
    .map(({ name }) => ({
      kind: 'property',
      id: fingerprint({ kind: 'property', function: name, object: 'sometimes' }),
      function: name,
      object: 'sometimes',
      message: `never happens in any execution: ${name}`,
      preemptions: 0,
      switches: 0,
      events: 0,
      minimal: true,
      classes: executions,
      tasks: [],
      schedule: [],
      steps: [],
      at: null,
    }));
}

/** Explore a program until everything was seen or a limit is met. */
export function explore(program: Program, options: ExploreOptions = {}): Outcome {
  const explorer = new Explorer(program, options);
  while (!explorer.run(100_000));
  return explorer.outcome();
}
