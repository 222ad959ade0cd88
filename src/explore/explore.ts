import { assert } from '../util/index.ts';
import type { Execution } from './execution.ts';
import { type BugKind, bugKinds, type Failure } from './failure.ts';
import type { Program } from './program.ts';
import { type Replay, record, type TraceStep } from './replay.ts';
import type { Run } from './run.ts';
import type { Schedule } from './schedule.ts';
import { Search } from './search.ts';
import { cheapest, type Linearization } from './witness.ts';

export interface ExploreOptions {
  /** Stop after this many executions; the verdict is then *incomplete* unless a bug was found. */
  readonly maxExecutions?: number;
  /** A longer execution is an error of the program. */
  readonly maxSteps?: number;
  /** Kinds of bugs that are not wanted. */
  readonly ignore?: readonly BugKind[];
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
}

interface Found {
  readonly failure: Failure;
  best: Linearization;
  classes: number;
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
  readonly #found = new Map<string, Found>();
  readonly #reached = new Set<string>();
  #stopped = false;

  constructor(program: Program, options: ExploreOptions = {}) {
    this.#program = program;
    this.#options = options;
    this.#search = new Search(
      program,
      (run, execution, failures) => this.#judge(run, execution, failures),
      options.maxSteps,
    );
  }

  get executions(): number {
    return this.#search.executions;
  }

  get bugs(): number {
    return this.#found.size;
  }

  /** Explore at most `executions` more. Returns whether there is nothing left to do. */
  run(executions: number): boolean {
    const limit = this.#options.maxExecutions ?? Number.POSITIVE_INFINITY;
    const left = Math.min(executions, limit - this.#search.executions);
    if (left > 0) this.#search.explore(left);
    this.#stopped = this.#search.executions >= limit;
    return this.#search.complete || this.#stopped;
  }

  #judge(run: Run, execution: Execution, failures: readonly Failure[]): void {
    for (const name of execution.world.reached) this.#reached.add(name);
    if (failures.length === 0) return;
    const fresh = new Map<string, Failure>();
    for (const failure of failures) {
      if (this.#options.ignore?.includes(failure.kind)) continue;
      const id = fingerprint(failure);
      if (!fresh.has(id)) fresh.set(id, failure);
    }
    const targets = [...fresh].map(([id, { event }]) => ({
      event,
      bound: this.#found.get(id)?.best.cost ?? null,
    }));
    const witnesses = cheapest(run, execution, targets);
    let i = 0;
    for (const [id, failure] of fresh) {
      const witness = witnesses[i++] ?? null;
      const known = this.#found.get(id);
      if (known !== undefined) {
        known.classes++;
        if (witness !== null) known.best = witness;
      } else if (witness !== null) {
        this.#found.set(id, { failure, best: witness, classes: 1 });
      }
    }
  }

  /** What was found so far. Complete only when {@link run} has returned true without a limit. */
  outcome(): Outcome {
    const { executions, blocked, transitions, complete } = this.#search;
    const bugs = [...this.#found].map(([id, found]) => this.#bug(id, found));
    if (complete) bugs.push(...this.#neverReached());
    bugs.sort(
      (a, b) =>
        bugKinds.indexOf(a.kind) - bugKinds.indexOf(b.kind) ||
        a.preemptions - b.preemptions ||
        (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
    );
    return {
      program: this.#program.name,
      verdict: bugs.length > 0 ? 'bug' : complete ? 'clean' : 'incomplete',
      complete,
      bounds: { preemptions: null, executions: this.#options.maxExecutions ?? null },
      executions,
      blocked,
      transitions,
      bugs,
    };
  }

  #bug(id: string, { failure, best, classes }: Found): Bug {
    const bug = bugOf(record(this.#program, best.schedule), id);
    assert(bug !== null, `the witness of ${id} shows it`);
    assert(bug.preemptions === best.cost.preemptions, `${id} costs what was computed`);
    return { ...bug, function: failure.function, object: failure.object, classes };
  }

  /** Properties of the `sometimes` kind that no execution satisfied. */
  #neverReached(): Bug[] {
    const { start } = record(this.#program, []);
    return (start.properties ?? [])
      .filter((property) => property.kind === 'sometimes' && !this.#reached.has(property.name))
      .map(({ name }) => ({
        kind: 'property',
        id: fingerprint({ kind: 'property', function: name, object: 'sometimes' }),
        function: name,
        object: 'sometimes',
        message: `never happens in any execution: ${name}`,
        preemptions: 0,
        switches: 0,
        classes: this.#search.executions,
        tasks: [],
        schedule: [],
        steps: [],
        at: null,
      }));
  }
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
    classes: 1,
    tasks: again.tasks,
    schedule: again.schedule,
    steps: again.steps,
    at: at < 0 ? null : at,
  };
}

/** Explore a program until everything was seen or a limit is met. */
export function explore(program: Program, options: ExploreOptions = {}): Outcome {
  const explorer = new Explorer(program, options);
  while (!explorer.run(100_000));
  return explorer.outcome();
}

/** The same bug has the same fingerprint in every execution, and in every version it survives. */
export function fingerprint(failure: Pick<Failure, 'kind' | 'function' | 'object'>): string {
  return `${failure.kind}:${failure.function}:${failure.object}`
    .replaceAll(' / ', '+')
    .replaceAll(' ', '-');
}
