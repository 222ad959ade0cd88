import { Execution, widthOf } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import { checkOptions } from '../program/checks/check-program.ts';
import { type BugKind, ModelError } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import { Choice } from '../program/objects/choice.ts';
import type { Program } from '../program/program.ts';
import { withCauses } from '../witness/causes.ts';
import { Findings } from '../witness/findings.ts';
import type { Outcome } from '../witness/outcome.ts';
import { describeBugs } from '../witness/outcome.ts';
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

/**
 * Look at random executions of a program that has too many to look at all. Can find bugs, cannot
 * show that there are none: the verdict is *bug* or *incomplete*.
 */
export function sample(program: Program, options: SampleOptions): Outcome {
  const counts = { executions: 1, depth: 1, maxSteps: 1, seed: Number.MIN_SAFE_INTEGER };
  checkOptions('sample()', options, counts, ['mode', 'ignore']);
  const { seed, mode = 'uniform', depth = 3, maxSteps = 100_000 } = options;
  const width = widthOf(program);
  const names = new Names();
  const random = new RandomNumbers(seed);
  const findings = new Findings(program, width, names, options.ignore);
  const run = new Run(names, width);
  const picker = mode === 'pct' ? new Priorities(random, width, depth) : new Uniform(random);
  let transitions = 0;
  for (let i = 0; i < options.executions; i++) {
    run.rewind(0);
    const execution = new Execution(program, names, width);
    picker.start();
    for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
      if (run.length >= maxSteps)
        throw new ModelError(`an execution has more than ${maxSteps} steps: does the program end?`);
      const task = execution.task(picker.pick(enabled, run.length));
      const { pending } = task;
      run.step(execution, task, pending instanceof Choice ? random.below(pending.ways) : 0);
    }
    transitions += run.length;
    findings.add(run, execution, execution.finish());
    execution.dispose();
  }
  const bugs = describeBugs(program, findings).map((bug) => ({ ...bug, minimal: false }));
  return withCauses(program, {
    program: program.name,
    verdict: bugs.length > 0 ? 'bug' : 'incomplete',
    complete: false,
    bounds: { preemptions: null, executions: options.executions },
    ignored: options.ignore ?? [],
    executions: options.executions,
    blocked: 0,
    transitions,
    bugs,
    outcomes: findings.outcomes,
    histogram: null,
  });
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
