import { type BugKind, ModelError } from './failure.ts';
import { Findings, fingerprint } from './findings.ts';
import { byWeight, describeBugs, neverReached, type Outcome } from './outcome.ts';
import type { Program } from './program.ts';
import { record } from './replay.ts';
import type { Run } from './run.ts';
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
    const bugs = describeBugs(this.#program, this.#findings);
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

/** Explore a program until everything was seen or a limit is met. */
export function explore(program: Program, options: ExploreOptions = {}): Outcome {
  const explorer = new Explorer(program, options);
  while (!explorer.run(100_000));
  return explorer.outcome();
}
