import { addressOf, kindOf } from './dependence.ts';
import type { Execution } from './execution.ts';
import { LockOperation, TryAcquire } from './lock.ts';
import { ACQUIRE, FREE, RELEASE } from './op.ts';
import type { Run } from './run.ts';
import { Join } from './task.ts';

/** How hard an execution is to come by: fewer is better, compared in this order. */
export interface Cost {
  readonly preemptions: number;
  readonly switches: number;
  readonly steps: number;
}

export interface Linearization {
  readonly cost: Cost;
  /** The tasks in the order they make a step, and the way each of the steps goes. */
  readonly schedule: readonly number[];
  readonly ways: readonly number[];
}

/** What an execution has to get to: events that must be made, or its end. */
export type Goal = readonly number[] | 'end';

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

/**
 * How often a cut is looked at before the search for a cheaper order gives up. Only classes with
 * many unordered tasks come near it.
 */
const maxCuts = 200_000;

/** More switches than an execution has: what one preemption outweighs. */
const preemptionWeight = 1 << 20;

/** A failure to find a witness for, and the best one known so far. */
export interface Target {
  /** The event that makes it happen, or the end of the execution. */
  readonly event: number | 'end';
  readonly bound: Cost | null;
}

/**
 * Finds the cheapest member of a class of executions that makes some events happen, or comes to
 * the end. All members of a class fail alike, so the best over all classes is the best there is.
 *
 * An A* search over cuts: a state says how many events each task has made and which ran last.
 * Leaving a task that could still run costs a preemption; leaving one that is done, dead or waits
 * for a lock is free. Every task that still has a part to play and is not the last one costs one
 * more switch at least.
 */
export class Linearizer {
  readonly #run: Run;
  readonly #execution: Execution;
  /** The tasks that make events, and these events. */
  readonly #tasks: number[] = [];
  readonly #events: number[][] = [];
  readonly #column: number[] = [];
  #sections: Map<number, Section[]> | null = null;
  /** By lifetime address: the event that frees the object. */
  readonly #freed = new Map<number, number>();
  /** Whether a search had to give up before it was sure. */
  gaveUp = false;

  constructor(run: Run, execution: Execution) {
    this.#run = run;
    this.#execution = execution;
    for (let event = 0; event < run.length; event++) {
      const task = run.task[event] as number;
      let column = this.#column[task];
      if (column === undefined) {
        column = this.#tasks.push(task) - 1;
        this.#column[task] = column;
        this.#events.push([]);
      }
      this.#events[column]?.push(event);
      const foot = run.foot[event] as number;
      if (kindOf(foot) === FREE && !this.#freed.has(addressOf(foot)))
        this.#freed.set(addressOf(foot), event);
    }
  }

  /** @returns null when nothing cheaper than `bound` exists */
  cheapest(goal: Goal, bound: Cost | null): Linearization | null {
    const events = this.#events;
    const needed = this.#needed(goal);
    const width = events.length;
    const radix: number[] = [];
    let product = width + 1;
    for (const list of events) {
      radix.push(product);
      product *= list.length + 1;
    }
    const limit = bound === null ? Number.POSITIVE_INFINITY : level(bound);
    const known = product < Number.MAX_SAFE_INTEGER ? new Map<number, number>() : null;
    if (known === null) {
      this.gaveUp = true;
      return null;
    }
    // States by number: the cut, flat, and the rest.
    const cuts: number[] = [];
    const lasts: number[] = [];
    const parents: number[] = [];
    const costs: number[] = [];
    const buckets = new Map<number, number[]>();
    const levels: number[] = [];
    const cut = new Array<number>(width).fill(0);
    let best = -1;
    let bestSteps = Number.POSITIVE_INFINITY;

    const push = (last: number, parent: number, cost: number): void => {
      let key = last + 1;
      let ahead = 0;
      let steps = 0;
      for (let i = 0; i < width; i++) {
        const count = cut[i] as number;
        key += count * (radix[i] as number);
        const left = (needed[i] as number) - count;
        if (left > 0 && i !== last) ahead++;
        steps += left > 0 ? count + left : count;
      }
      const total = cost + (last < 0 ? Math.max(ahead - 1, 0) : ahead);
      if (total > limit || (total === limit && bound !== null && steps >= bound.steps)) return;
      const before = known.get(key);
      if (before !== undefined && before <= cost) return;
      known.set(key, cost);
      const state = lasts.push(last) - 1;
      for (let i = 0; i < width; i++) cuts.push(cut[i] as number);
      parents.push(parent);
      costs.push(cost);
      const bucket = buckets.get(total);
      if (bucket !== undefined) bucket.push(state);
      else {
        buckets.set(total, [state]);
        let at = levels.length;
        while (at > 0 && (levels[at - 1] as number) < total) at--;
        levels.splice(at, 0, total);
      }
    };

    push(-1, -1, 0);
    while (levels.length > 0 && best < 0) {
      const current = levels[levels.length - 1] as number;
      const bucket = buckets.get(current) as number[];
      // Within a level every state is looked at, so that the shortest witness is found.
      for (let state = bucket.pop(); state !== undefined; state = bucket.pop()) {
        const base = state * width;
        const last = lasts[state] as number;
        const cost = costs[state] as number;
        let key = last + 1;
        let left = 0;
        let steps = 0;
        for (let i = 0; i < width; i++) {
          const count = cuts[base + i] as number;
          cut[i] = count;
          key += count * (radix[i] as number);
          steps += Math.max(count, needed[i] as number);
          left += Math.max((needed[i] as number) - count, 0);
        }
        if (steps >= bestSteps || (known.get(key) as number) < cost) continue;
        if (left === 0) {
          best = state;
          bestSteps = steps;
          continue;
        }
        if (lasts.length > maxCuts) {
          this.gaveUp = true;
          return null;
        }
        const leaving = last >= 0 && this.#canRun(cut, last) ? preemptionWeight + 1 : 1;
        for (let i = 0; i < width; i++) {
          const next = events[i]?.[cut[i] as number];
          if (next === undefined || !this.#isReady(cut, next, i)) continue;
          cut[i] = (cut[i] as number) + 1;
          push(i, state, last < 0 || last === i ? cost : cost + leaving);
          cut[i] = (cut[i] as number) - 1;
        }
      }
      levels.pop();
      buckets.delete(current);
    }
    if (best < 0) return null;
    return this.#linearization(best, bestSteps, lasts, parents, costs[best] as number);
  }

  #linearization(
    best: number,
    steps: number,
    lasts: readonly number[],
    parents: readonly number[],
    cost: number,
  ): Linearization {
    const columns: number[] = [];
    for (let state = best; (parents[state] as number) >= 0; state = parents[state] as number)
      columns.push(lasts[state] as number);
    columns.reverse();
    const made = new Array<number>(this.#tasks.length).fill(0);
    return {
      cost: {
        preemptions: Math.floor(cost / preemptionWeight),
        switches: cost % preemptionWeight,
        steps,
      },
      schedule: columns.map((i) => this.#tasks[i] as number),
      ways: columns.map((i) => {
        const event = this.#events[i]?.[made[i] as number] as number;
        made[i] = (made[i] as number) + 1;
        return this.#run.wayOf(event);
      }),
    };
  }

  /** By column: how many events must be made at least. */
  #needed(goal: Goal): number[] {
    if (goal === 'end') return this.#events.map((list) => list.length);
    return this.#tasks.map((task) =>
      goal.reduce((most, event) => Math.max(most, this.#run.clockOf(event, task)), 0),
    );
  }

  /** Whether all that happens before `event` has happened. */
  #isReady(cut: readonly number[], event: number, column: number): boolean {
    for (let i = 0; i < cut.length; i++) {
      if (i === column) continue;
      if (this.#run.clockOf(event, this.#tasks[i] as number) > (cut[i] as number)) return false;
    }
    return true;
  }

  /** Whether a task could make some step at this cut, be it the next one of this run or not. */
  #canRun(cut: readonly number[], column: number): boolean {
    const next = this.#events[column]?.[cut[column] as number];
    const task = this.#tasks[column] as number;
    const operation =
      next === undefined ? this.#execution.task(task).pending : this.#run.operation[next];
    if (operation === null || operation === undefined) return false;
    if (operation instanceof Join) {
      // A join that never happened waits for a task that never ended.
      if (next === undefined) return false;
      const target = this.#column[operation.target.index];
      return target === undefined || cut[target] === this.#events[target]?.length;
    }
    if (!(operation instanceof LockOperation) || operation instanceof TryAcquire) return true;
    if (operation.kind !== ACQUIRE) return true;
    const { lock, address } = operation;
    const lifetime = this.#run.names.lifetime[address] as number;
    const freed = this.#freed.get(lifetime);
    if (freed !== undefined && this.#isDone(cut, freed)) return true;
    if (next === undefined && lock.holder?.index === task) return false;
    return !(this.#criticalSections().get(address) ?? []).some(
      ({ taken, released }) =>
        this.#isDone(cut, taken) && (released < 0 || !this.#isDone(cut, released)),
    );
  }

  #isDone(cut: readonly number[], event: number): boolean {
    const { task, ordinal } = this.#run;
    const column = this.#column[task[event] as number] as number;
    return (ordinal[event] as number) <= (cut[column] as number);
  }

  #criticalSections(): Map<number, Section[]> {
    if (this.#sections !== null) return this.#sections;
    const run = this.#run;
    const sections = new Map<number, Section[]>();
    for (let event = 0; event < run.length; event++) {
      const foot = run.foot[event] as number;
      if (kindOf(foot) !== ACQUIRE || run.operation[event]?.done !== true) continue;
      let released = event + 1;
      while (released < run.length && !this.#isRelease(released, addressOf(foot))) released++;
      const list = sections.get(addressOf(foot)) ?? [];
      list.push({ taken: event, released: released < run.length ? released : -1 });
      sections.set(addressOf(foot), list);
    }
    this.#sections = sections;
    return sections;
  }

  #isRelease(event: number, lock: number): boolean {
    const foot = this.#run.foot[event] as number;
    return (
      addressOf(foot) === lock &&
      kindOf(foot) === RELEASE &&
      this.#run.operation[event]?.done === true
    );
  }
}

function level({ preemptions, switches }: Cost): number {
  return preemptions * preemptionWeight + switches;
}

/** Whether no order in which `event` happens can be cheaper than `bound`, seen without a search. */
export function cannotBeat(run: Run, event: number, bound: Cost): boolean {
  if (bound.preemptions > 0) return false;
  let tasks = 0;
  let steps = 0;
  for (let task = 0; task < run.width; task++) {
    const made = run.clockOf(event, task);
    if (made === 0) continue;
    tasks++;
    steps += made;
  }
  const switches = tasks - 1;
  return bound.switches < switches || (bound.switches === switches && bound.steps <= steps);
}
