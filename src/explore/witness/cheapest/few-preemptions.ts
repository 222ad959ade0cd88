import type { Execution } from '../../execution/execution.ts';
import { Run } from '../../execution/run.ts';
import { Worlds, type WorldsKind } from '../../execution/worlds.ts';
import type { Failure } from '../../program/failure.ts';
import type { Names } from '../../program/names.ts';
import { CHOOSE } from '../../program/op.ts';
import type { Program } from '../../program/program.ts';
import { type Cost, cheaper, type Linearization } from './witness.ts';

/** Which executions to look at. */
export interface Few {
  /** How many at most. */
  readonly limit: number;
  /** With how many preemptions at most. */
  readonly most: 0 | 1;
  readonly worlds: WorldsKind;
  /** How many tasks to make room for. */
  readonly width: number;
}

/**
 * All executions with at most so many preemptions, one after the other, and the cheapest way to each
 * failure among them. With one there are few, about two for each event of the program, and most bugs
 * need no more: their witness is then known to be the best there is, without a look at every class.
 * Other bugs need more.
 *
 * @returns by each of the names that `namesOf` gives a failure; null when there are more executions
 *   than wanted, or when the program makes choices
 */
export function cheapestWithFewPreemptions(
  program: Program,
  names: Names,
  few: Few,
  namesOf: NamesOf,
): ReadonlyMap<string, Linearization> | null {
  const run = new Run(names, few.width);
  const worlds = new Worlds(program, run, few.worlds, true);
  const walk = new Walk(run, few.most, namesOf);
  try {
    for (let executions = 1; executions <= few.limit; executions++) {
      const execution = worlds.begin();
      if (!walk.execute(execution)) return null;
      const failures = execution.finish();
      worlds.check(execution, failures, executions, walk.areNew(failures));
      walk.consider(failures);
      worlds.keep(execution);
      const depth = walk.nextBranching();
      if (depth < 0) {
        worlds.close();
        return walk.best;
      }
      worlds.rewind(depth);
    }
    return null;
  } catch (error) {
    throw worlds.judged(error);
  }
}

/** What names of failures are made of. */
export type Named = Pick<Failure, 'kind' | 'function' | 'object' | 'event'>;

type NamesOf = (run: Run, failure: Named) => readonly string[];

/** Where an execution can go on in more than one way. */
interface Branching {
  readonly tasks: readonly number[];
  next: number;
}

/** Depth first through all schedules. */
class Walk {
  readonly best: Map<string, Linearization> = new Map();
  readonly #run: Run;
  readonly #most: number;
  readonly #namesOf: NamesOf;
  readonly #branchings: Branching[] = [];
  // By depth: what the schedule has cost up to and with that event.
  readonly #preemptions: number[] = [];
  readonly #switches: number[] = [];

  constructor(run: Run, most: number, namesOf: NamesOf) {
    this.#run = run;
    this.#most = most;
    this.#namesOf = namesOf;
  }

  /** Go on to the end. Returns whether the program makes no choices on the way. */
  execute(execution: Execution): boolean {
    for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
      const task = execution.task(this.#next(enabled));
      if (task.pending?.kind === CHOOSE) return false;
      this.#run.step(execution, task);
    }
    return true;
  }

  /** The task that makes the next event. */
  #next(enabled: number): number {
    const depth = this.#run.length;
    const last = depth === 0 ? -1 : (this.#run.task[depth - 1] as number);
    const stays = last >= 0 && (enabled & (1 << last)) !== 0;
    const spent = this.#preemptions[depth - 1] ?? 0;
    let branching = this.#branchings[depth];
    if (branching === undefined) {
      const others = stays && spent >= this.#most ? 0 : enabled & ~(stays ? 1 << last : 0);
      branching = { tasks: [...(stays ? [last] : []), ...bits(others)], next: 0 };
      this.#branchings[depth] = branching;
    }
    const task = branching.tasks[branching.next++] as number;
    const switched = last >= 0 && task !== last ? 1 : 0;
    this.#preemptions[depth] = spent + (stays ? switched : 0);
    this.#switches[depth] = (this.#switches[depth - 1] ?? 0) + switched;
    return task;
  }

  areNew(failures: readonly Failure[]): boolean {
    return failures.some((one) =>
      this.#namesOf(this.#run, one).some((name) => !this.best.has(name)),
    );
  }

  /** An execution has come to its end, with these failures. */
  consider(failures: readonly Failure[]): void {
    const run = this.#run;
    for (const failure of failures) {
      const { event, after } = failure;
      this.#consider(failure, event === 'end' ? run.length - 1 : Math.max(event, ...(after ?? [])));
    }
    const { dataRaces } = run;
    for (let i = 0; i < dataRaces.count; i++) {
      const race = dataRaces.classes[dataRaces.classOf[i] as number];
      if (race === undefined) continue;
      const event = dataRaces.second[i] as number;
      this.#consider({ kind: 'data-race', ...race, event }, event);
    }
  }

  /** This is seen with event `last`. */
  #consider(failure: Named, last: number): void {
    const cost: Cost = {
      preemptions: this.#preemptions[last] ?? 0,
      switches: this.#switches[last] ?? 0,
      steps: last + 1,
    };
    for (const name of this.#namesOf(this.#run, failure)) {
      const known = this.best.get(name);
      if (known !== undefined && !cheaper(cost, known.cost)) continue;
      const schedule = this.#run.task.slice(0, last + 1);
      this.best.set(name, { cost, schedule, ways: new Array(last + 1).fill(0) });
    }
  }

  /** After how many events the next execution parts from this one; negative when this was the last. */
  nextBranching(): number {
    const branchings = this.#branchings;
    branchings.length = Math.min(branchings.length, this.#run.length);
    let top = branchings.at(-1);
    while (top !== undefined && top.next === top.tasks.length) {
      branchings.pop();
      top = branchings.at(-1);
    }
    return branchings.length - 1;
  }
}

function bits(mask: number): number[] {
  const found: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) found.push(31 - Math.clz32(rest & -rest));
  return found;
}
