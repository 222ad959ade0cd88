import { valueAt } from '../../execution/awaiting.ts';
import type { Execution } from '../../execution/execution.ts';
import type { Run } from '../../execution/run.ts';
import { addressOf, kindOf } from '../../program/dependence.ts';
import { Until } from '../../program/objects/cell.ts';
import { LockOperation, TryAcquire } from '../../program/objects/lock.ts';
import { Spin } from '../../program/objects/spin.ts';
import { ACQUIRE, FREE, RELEASE } from '../../program/op.ts';
import { Join } from '../../program/spawn.ts';
import { States } from './witness-states.ts';

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
 * How many states a search for a cheaper order looks at before it gives up. Only classes with many
 * unordered tasks come near it.
 */
const maxStates = 200_000;

/** More switches than an execution has: what one preemption outweighs. */
const preemptionWeight = 1 << 20;

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
  readonly #states: States;
  /** The tasks that make events, and these events. */
  readonly #tasks: number[] = [];
  readonly #events: number[][] = [];
  readonly #column: number[] = [];
  /** What one more event of a task adds to the number that stands for a cut. */
  readonly #radix: number[] = [];
  #sections: Map<number, Section[]> | null = null;
  /** By lifetime address: the event that frees the object. */
  readonly #freed = new Map<number, number>();
  /** Whether a search had to give up before it was sure. */
  gaveUp = false;

  constructor(run: Run, execution: Execution, states: States = new States()) {
    this.#run = run;
    this.#execution = execution;
    this.#states = states;
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
    let product = this.#events.length + 1;
    for (const list of this.#events) {
      this.#radix.push(product);
      product *= list.length + 1;
    }
    this.#radix.push(product);
  }

  /** @returns null when nothing cheaper than `bound` exists */
  cheapest(goal: Goal, bound: Cost | null): Linearization | null {
    const states = this.#states;
    const needed = this.#needed(goal);
    const size = this.#radix[needed.length] as number;
    if (size > Number.MAX_SAFE_INTEGER) {
      this.gaveUp = true;
      return null;
    }
    states.restart(size, bound === null ? Number.POSITIVE_INFINITY : levelOf(bound));
    const cut = new Array<number>(needed.length);
    let best = -1;
    let fewest = bound?.steps ?? Number.POSITIVE_INFINITY;
    const start = needed.filter((count) => count > 0).length;
    const least = needed.reduce((sum, count) => sum + count, 0);
    states.add(0, 0, -1, Math.max(start - 1, 0), least, fewest);
    for (;;) {
      const state = states.next(best >= 0);
      if (state < 0) break;
      const steps = states.steps[state] as number;
      if (best >= 0 && steps >= fewest) continue;
      let key = states.keys[state] as number;
      const last = (key % (needed.length + 1)) - 1;
      let waiting = 0;
      for (let i = needed.length - 1; i >= 0; i--) {
        const count = Math.floor(key / (this.#radix[i] as number));
        key -= count * (this.#radix[i] as number);
        cut[i] = count;
        if (count < (needed[i] as number)) waiting++;
      }
      if (waiting === 0) {
        // Within a level every state is looked at, so that the shortest witness is found.
        best = state;
        fewest = steps;
        continue;
      }
      if (states.count > maxStates) {
        this.gaveUp = true;
        return null;
      }
      this.#expand(
        state,
        cut,
        last,
        needed,
        waiting,
        best >= 0 ? fewest : (bound?.steps ?? fewest),
      );
    }
    return best < 0 ? null : this.#linearization(best);
  }

  /** Every way to go on from a state by one event. */
  #expand(
    state: number,
    cut: readonly number[],
    last: number,
    needed: readonly number[],
    waiting: number,
    fewest: number,
  ): void {
    const states = this.#states;
    const steps = states.steps[state] as number;
    const cost = states.costs[state] as number;
    const key = states.keys[state] as number;
    let leaving = -1;
    for (let i = 0; i < cut.length; i++) {
      const count = cut[i] as number;
      const next = this.#events[i]?.[count];
      if (next === undefined || !this.#isReady(cut, next, i)) continue;
      let nextCost = cost;
      if (last >= 0 && last !== i) {
        if (leaving < 0) leaving = this.#canRun(cut, last) ? preemptionWeight + 1 : 1;
        nextCost += leaving;
      }
      const lacks = (needed[i] as number) - count;
      const ahead = lacks > 0 ? waiting - 1 : waiting;
      const nextKey = key + (this.#radix[i] as number) + i - last;
      states.add(nextKey, nextCost, state, ahead, lacks > 0 ? steps : steps + 1, fewest);
    }
  }

  #linearization(best: number): Linearization {
    const { parents, keys, costs, steps } = this.#states;
    const width = this.#tasks.length;
    const columns: number[] = [];
    for (let state = best; (parents[state] as number) >= 0; state = parents[state] as number)
      columns.push(((keys[state] as number) % (width + 1)) - 1);
    columns.reverse();
    const cost = costs[best] as number;
    const made = new Array<number>(width).fill(0);
    return {
      cost: {
        preemptions: Math.floor(cost / preemptionWeight),
        switches: cost % preemptionWeight,
        steps: steps[best] as number,
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
    if (operation instanceof Spin) return false;
    if (operation instanceof Join) {
      // A join that never happened waits for a task that never ended.
      if (next === undefined) return false;
      const target = this.#column[operation.target.index];
      return target === undefined || cut[target] === this.#events[target]?.length;
    }
    if (operation instanceof Until) {
      const freed = this.#freed.get(this.#run.names.lifetime[operation.address] as number);
      if (freed !== undefined && this.#isDone(cut, freed)) return true;
      const value = valueAt(this.#run, operation, (event) => this.#isDone(cut, event));
      return operation.accepts(value);
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

function levelOf({ preemptions, switches }: Cost): number {
  return preemptions * preemptionWeight + switches;
}

/**
 * Whether no order can be cheaper than `bound` that takes at least so many tasks, events and
 * preemptions, seen without a search.
 */
export function cannotBeat(
  bound: Cost,
  tasks: number,
  events: number,
  preemptions: number,
): boolean {
  if (bound.preemptions > preemptions) return false;
  const switches = Math.max(tasks - 1, preemptions);
  return bound.switches < switches || (bound.switches === switches && bound.steps <= events);
}

/** The execution in the order in which it was explored. */
export function asItHappened(run: Run, goal: Goal): Linearization {
  const steps = goal === 'end' ? run.length : Math.max(...goal) + 1;
  const schedule = run.task.slice(0, steps);
  const switches = schedule.filter((task, i) => i > 0 && task !== schedule[i - 1]).length;
  return {
    cost: { preemptions: switches, switches, steps },
    schedule,
    ways: schedule.map((_, event) => run.wayOf(event)),
  };
}
