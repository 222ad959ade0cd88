import { Execution } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import { widthOf } from '../execution/width.ts';
import { checkOptions } from '../program/checks/check-program.ts';
import { takenOptions } from '../program/checks/taken.ts';
import { type BugKind, ModelError } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import { Choice } from '../program/objects/choice.ts';
import type { Program } from '../program/program.ts';
import { Findings } from '../witness/findings.ts';
import type { Outcome } from '../witness/outcome.ts';
import { describeBugs } from '../witness/outcome.ts';
import { withCauses } from '../witness/why/causes.ts';
import { RandomNumbers } from './random.ts';

export interface SampleOptions {
  /** The same seed gives the same executions. */
  readonly seed: number;
  readonly executions: number;
  /**
   * How the next task is picked. `uniform`: each that can run is as likely. `pct`: the one with the
   * highest priority, which changes at a few random places; finds any bug that needs `depth`
   * orderings with a known probability (Burckhardt and others, ASPLOS 2010).
   */
  readonly mode?: 'uniform' | 'pct';
  /** For `pct`: in how many places the order matters. */
  readonly depth?: number;
  readonly maxSteps?: number;
  readonly ignore?: readonly BugKind[];
}

/** Decides who runs next. */
interface Picker {
  start(): void;
  pick(enabled: number, depth: number): number;
}

/** Looks at random executions of a program a few at a time, as an `Explorer` does at all of them. */
export class Sampler {
  readonly #program: Program;
  readonly #options: SampleOptions;
  readonly #maxSteps: number;
  readonly #width: number;
  readonly #names: Names = new Names();
  readonly #random: RandomNumbers;
  readonly #findings: Findings;
  readonly #run: Run;
  readonly #picker: Picker;
  #executions = 0;
  #transitions = 0;

  constructor(program: Program, options: SampleOptions) {
    const counts = { executions: 1, depth: 1, maxSteps: 1, seed: Number.MIN_SAFE_INTEGER };
    checkOptions('sample()', options, counts, ['mode', 'ignore']);
    const { seed, mode = 'uniform', depth = 3, maxSteps = 100_000 } = options;
    this.#program = program;
    this.#options = takenOptions(options);
    this.#maxSteps = maxSteps;
    this.#width = widthOf(program);
    this.#random = new RandomNumbers(seed);
    this.#findings = new Findings(program, this.#width, this.#names, { ignore: options.ignore });
    this.#run = new Run(this.#names, this.#width);
    this.#picker =
      mode === 'pct' ? new Priorities(this.#random, this.#width, depth) : new Uniform(this.#random);
  }

  /** Look at most at `executions` more. Returns whether there is nothing left to do. */
  run(executions: number): boolean {
    const { executions: limit } = this.#options;
    const last = Math.min(limit, this.#executions + executions);
    while (this.#executions < last) this.#execute();
    return this.#executions === limit;
  }

  #execute(): void {
    const run = this.#run;
    run.rewind(0);
    const execution = new Execution(this.#program, this.#names, this.#width);
    this.#picker.start();
    for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
      if (run.length >= this.#maxSteps) {
        throw new ModelError(
          `an execution has more than ${this.#maxSteps} steps: does the program end?`,
        );
      }
      const task = execution.task(this.#picker.pick(enabled, run.length));
      const { pending } = task;
      run.step(execution, task, pending instanceof Choice ? this.#random.below(pending.ways) : 0);
    }
    this.#executions++;
    this.#transitions += run.length;
    this.#findings.add(run, execution, execution.finish());
    execution.dispose();
  }

  /** What was found so far. */
  outcome(): Outcome {
    const findings = this.#findings;
    const bugs = describeBugs(this.#program, findings).map((bug) => ({ ...bug, minimal: false }));
    return withCauses(this.#program, {
      program: this.#program.name,
      verdict: bugs.length > 0 ? 'bug' : 'incomplete',
      complete: false,
      bounds: { preemptions: null, executions: this.#options.executions },
      worlds: null,
      ignored: this.#options.ignore ?? [],
      executions: this.#executions,
      blocked: 0,
      transitions: this.#transitions,
      bugs,
      outcomes: findings.outcomes,
      histogram: null,
    });
  }
}

/**
 * Look at random executions of a program that has too many to look at all. Can find bugs, cannot
 * show that there are none: the verdict is *bug* or *incomplete*.
 */
export function sample(program: Program, options: SampleOptions): Outcome {
  const sampler = new Sampler(program, options);
  sampler.run(options.executions);
  return sampler.outcome();
}

/** Each task that can run is as likely as the others. */
class Uniform implements Picker {
  readonly #random: RandomNumbers;

  constructor(random: RandomNumbers) {
    this.#random = random;
  }

  start(): void {}

  pick(enabled: number): number {
    const tasks: number[] = [];
    for (let rest = enabled; rest !== 0; rest &= rest - 1)
      tasks.push(31 - Math.clz32(rest & -rest));
    return tasks[this.#random.below(tasks.length)] as number;
  }
}

/** The task with the highest priority runs; at a few places it falls behind all others. */
class Priorities implements Picker {
  readonly #random: RandomNumbers;
  readonly #width: number;
  readonly #depth: number;
  #priorities: number[] = [];
  #changes: number[] = [];
  #lowest = 0;
  /** The longest execution so far: how far apart the places can be. */
  #longest = 1;

  constructor(random: RandomNumbers, width: number, depth: number) {
    this.#random = random;
    this.#width = width;
    this.#depth = depth;
  }

  start(): void {
    this.#priorities = [];
    for (let task = 0; task < this.#width; task++)
      this.#priorities.splice(this.#random.below(task + 1), 0, task + 1);
    this.#changes = Array.from({ length: Math.max(0, this.#depth - 1) }, () =>
      this.#random.below(this.#longest),
    );
    this.#lowest = 0;
  }

  pick(enabled: number, depth: number): number {
    this.#longest = Math.max(this.#longest, depth + 1);
    const task = this.#highest(enabled);
    if (!this.#changes.includes(depth)) return task;
    this.#priorities[task] = this.#lowest--;
    return this.#highest(enabled);
  }

  #highest(enabled: number): number {
    let best = -1;
    for (let rest = enabled; rest !== 0; rest &= rest - 1) {
      const task = 31 - Math.clz32(rest & -rest);
      if (best < 0 || (this.#priorities[task] as number) > (this.#priorities[best] as number))
        best = task;
    }
    return best;
  }
}
