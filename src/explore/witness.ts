import { ACQUIRE, addressOf, JOIN, kindOf, RELEASE } from './dependence.ts';
import type { Execution } from './execution.ts';
import { type Lock, TryAcquire } from './lock.ts';
import type { Run } from './run.ts';
import type { Join } from './task.ts';

/** How hard an execution is to come by: fewer is better, compared in this order. */
export interface Cost {
  readonly preemptions: number;
  readonly switches: number;
  readonly steps: number;
}

export interface Linearization {
  readonly cost: Cost;
  /** The tasks in the order they make a step. */
  readonly schedule: readonly number[];
}

export function cheaper(a: Cost, b: Cost): boolean {
  if (a.preemptions !== b.preemptions) return a.preemptions < b.preemptions;
  if (a.switches !== b.switches) return a.switches < b.switches;
  return a.steps < b.steps;
}

/** A critical section: a lock is taken by the first event and let go by the second (if ever). */
interface Section {
  readonly taken: number;
  readonly released: number;
}

/** A cut, the task that ran last (by its column, -1 at the start), and the way there. */
interface State {
  readonly cut: readonly number[];
  readonly last: number;
  readonly steps: number;
  readonly parent: State | null;
  readonly preemptions: number;
  readonly switches: number;
}

/** A failure to find a witness for, and the best one known so far. */
export interface Target {
  /** The event that makes it happen, or the end of the execution. */
  readonly event: number | 'end';
  readonly bound: Cost | null;
}

/**
 * For each target the member of this class of executions that needs the fewest preemptions (then
 * switches, then steps) to make it happen; null where that is no cheaper than the bound. All
 * members of a class fail alike, so the best over all classes is the best there is.
 *
 * A breadth-first search over cuts, cheapest first: a state says how many events each task has made
 * and which ran last. Leaving a task that could still run costs a preemption; leaving one that is
 * done, dead or waits for a lock is free.
 */
export function cheapest(
  run: Run,
  execution: Execution,
  targets: readonly Target[],
): (Linearization | null)[] {
  const cuts = new Cuts(run, execution);
  const goals = targets.map((target) => cuts.goal(target));
  if (goals.every(({ limit }) => limit < 0)) return goals.map(() => null);
  const buckets: State[][] = [];
  const known = new Map<number, number>();
  /** The dearest level that is still of use to any goal. */
  let dearest = Math.max(...goals.map(({ limit }) => limit));
  const push = (state: State): void => {
    const level = levelOf(state.preemptions, state.switches);
    if (level > dearest) return;
    const near = level + cuts.start.length > dearest;
    if (near && !goals.some((goal) => couldReach(goal, state))) return;
    const key = cuts.key(state);
    const better = known.get(key);
    if (better !== undefined && better <= level) return;
    known.set(key, level);
    const bucket = buckets[level];
    if (bucket === undefined) buckets[level] = [state];
    else bucket.push(state);
  };
  push({ cut: cuts.start, last: -1, steps: 0, parent: null, preemptions: 0, switches: 0 });
  for (let level = 0; level < buckets.length; level++) {
    const open = goals.filter((goal) => goal.found === null && goal.limit >= level);
    if (open.length === 0) break;
    dearest = Math.max(...open.map(({ limit }) => limit));
    const bucket = buckets[level] ?? [];
    // Within a level every state is looked at, so that the shortest witness is found.
    for (let at = 0; at < bucket.length; at++) {
      const state = bucket[at] as State;
      for (const goal of open) {
        if (!isReached(goal, state.cut)) continue;
        if (goal.found === null || state.steps < goal.found.steps) goal.found = state;
      }
      cuts.expand(state, push);
    }
  }
  return goals.map(({ found }, i) => {
    if (found === null) return null;
    const cost = { preemptions: found.preemptions, switches: found.switches, steps: found.steps };
    const bound = targets[i]?.bound ?? null;
    return bound !== null && !cheaper(cost, bound)
      ? null
      : { cost, schedule: cuts.schedule(found) };
  });
}

function levelOf(preemptions: number, switches: number): number {
  return preemptions * 1024 + switches;
}

interface Goal {
  /** Dearer states are of no use. */
  readonly limit: number;
  /** How many events of each task have to happen first. */
  readonly needs: readonly number[];
  found: State | null;
}

function isReached({ needs }: Goal, cut: readonly number[]): boolean {
  for (let i = 0; i < needs.length; i++)
    if ((cut[i] as number) < (needs[i] as number)) return false;
  return true;
}

/** Whether a state can lead to the goal within its limit: each task that still lacks events costs a switch. */
function couldReach(
  { found, limit, needs }: Goal,
  { cut, last, preemptions, switches }: State,
): boolean {
  if (found !== null) return false;
  let least = levelOf(preemptions, switches);
  for (let i = 0; i < needs.length; i++) {
    if (i !== last && (cut[i] as number) < (needs[i] as number)) least++;
  }
  return least - (last < 0 ? 1 : 0) <= limit;
}

/** The cuts of one execution: how many events each task has made, consistently with their order. */
class Cuts {
  readonly start: readonly number[];
  readonly #run: Run;
  readonly #execution: Execution;
  /** Task numbers, and for each task its events. */
  readonly #tasks: readonly number[];
  readonly #events: readonly number[][];
  readonly #column: number[] = [];
  /** How many events of its task come before an event. */
  readonly #position: number[] = [];
  readonly #sections: ReadonlyMap<number, readonly Section[]>;
  readonly #radix: number[] = [];

  constructor(run: Run, execution: Execution) {
    this.#run = run;
    this.#execution = execution;
    this.#tasks = execution.tasks.flatMap((task) => (task === undefined ? [] : [task.index]));
    this.#tasks.forEach((task, i) => {
      this.#column[task] = i;
    });
    this.#events = this.#tasks.map(() => []);
    for (let event = 0; event < run.length; event++) {
      const list = this.#events[this.#columnOf(event)] as number[];
      this.#position[event] = list.length;
      list.push(event);
    }
    this.#sections = criticalSections(run);
    this.start = this.#tasks.map(() => 0);
    let product = this.#tasks.length + 1;
    for (const list of this.#events) {
      this.#radix.push(product);
      product *= list.length + 1;
    }
  }

  #columnOf(event: number): number {
    return this.#column[this.#run.task[event] as number] as number;
  }

  goal({ event, bound }: Target): Goal {
    const run = this.#run;
    const needs = this.#tasks.map((task, i) => {
      const events = this.#events[i] as number[];
      if (event === 'end') return events.length;
      if (event < 0 || events.length === 0) return 0;
      const first = run.ordinal[events[0] as number] as number;
      return Math.max(0, run.clockOf(event, task) - first + 1);
    });
    return { limit: this.#limit(bound, needs), needs, found: null };
  }

  /** The dearest level that could still be cheaper than the bound: fewer steps count last. */
  #limit(bound: Cost | null, needs: readonly number[]): number {
    if (bound === null) return Number.POSITIVE_INFINITY;
    const steps = needs.reduce((sum, count) => sum + count, 0);
    return levelOf(bound.preemptions, bound.switches) - (steps < bound.steps ? 0 : 1);
  }

  key({ cut, last }: State): number {
    let key = last + 1;
    for (let i = 0; i < cut.length; i++) key += (cut[i] as number) * (this.#radix[i] as number);
    return key;
  }

  /** Every way to go on from a state by one event. */
  expand(state: State, push: (state: State) => void): void {
    const { cut, last } = state;
    let leavingCosts: boolean | null = null;
    for (let i = 0; i < this.#tasks.length; i++) {
      const next = this.#events[i]?.[cut[i] as number];
      if (next === undefined || !this.#ready(cut, next)) continue;
      const switched = last >= 0 && last !== i;
      if (switched) leavingCosts ??= this.#canRun(cut, last);
      const nextCut = cut.slice();
      nextCut[i] = (cut[i] as number) + 1;
      push({
        cut: nextCut,
        last: i,
        steps: state.steps + 1,
        parent: state,
        preemptions: state.preemptions + (switched && leavingCosts ? 1 : 0),
        switches: state.switches + (switched ? 1 : 0),
      });
    }
  }

  schedule(end: State): number[] {
    const schedule: number[] = [];
    for (let state = end; state.parent !== null; state = state.parent) {
      schedule.push(this.#tasks[state.last] as number);
    }
    return schedule.reverse();
  }

  /** Whether all that must come before an event is in the cut. */
  #ready(cut: readonly number[], event: number): boolean {
    const run = this.#run;
    for (let i = 0; i < this.#tasks.length; i++) {
      const task = this.#tasks[i] as number;
      if (task === run.task[event]) continue;
      const count = cut[i] as number;
      const last =
        count === 0
          ? 0
          : (run.ordinal[(this.#events[i] as number[])[count - 1] as number] as number);
      if (run.clockOf(event, task) > last) return false;
    }
    return true;
  }

  /** Whether a task could make some step at this cut, be it the next one of this run or not. */
  #canRun(cut: readonly number[], i: number): boolean {
    const run = this.#run;
    const next = this.#events[i]?.[cut[i] as number];
    if (next === undefined) {
      const task = this.#execution.task(this.#tasks[i] as number);
      if (task.pending?.kind !== ACQUIRE) return false;
      const { lock } = task.pending as unknown as { lock: Lock };
      return lock.holder !== task && !this.#isHeld(cut, lock.address, i);
    }
    const starter = run.previous[(this.#events[i] as number[])[0] as number] as number;
    if (starter >= 0 && !this.#done(cut, starter)) return false;
    const operation = run.operation[next];
    const foot = run.foot[next] as number;
    if (kindOf(foot) === ACQUIRE && !(operation instanceof TryAcquire)) {
      return !this.#isHeld(cut, addressOf(foot), i);
    }
    if (kindOf(foot) === JOIN) {
      const joined = this.#column[(operation as Join).target.index] as number;
      return cut[joined] === (this.#events[joined] as number[]).length;
    }
    return true;
  }

  #done(cut: readonly number[], event: number): boolean {
    return (this.#position[event] as number) < (cut[this.#columnOf(event)] as number);
  }

  #isHeld(cut: readonly number[], lock: number, by: number): boolean {
    const sections = this.#sections.get(lock) ?? [];
    return sections.some(
      ({ taken, released }) =>
        this.#run.task[taken] !== this.#tasks[by] &&
        this.#done(cut, taken) &&
        (released < 0 || !this.#done(cut, released)),
    );
  }
}

function criticalSections(run: Run): Map<number, Section[]> {
  const sections = new Map<number, Section[]>();
  for (let event = 0; event < run.length; event++) {
    const foot = run.foot[event] as number;
    if (kindOf(foot) !== ACQUIRE) continue;
    let released = -1;
    for (let later = event + 1; later < run.length; later++) {
      const other = run.foot[later] as number;
      if (addressOf(other) === addressOf(foot) && kindOf(other) === RELEASE) {
        released = later;
        break;
      }
    }
    const list = sections.get(addressOf(foot)) ?? [];
    list.push({ taken: event, released });
    sections.set(addressOf(foot), list);
  }
  return sections;
}
