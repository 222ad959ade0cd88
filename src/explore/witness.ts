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

interface State {
  readonly cut: readonly number[];
  readonly last: number;
  readonly parent: State | null;
  readonly preemptions: number;
  readonly switches: number;
}

/**
 * The member of a class of executions that needs the fewest preemptions (then switches, then
 * steps) to make event `target` happen, or to come to its end. All members of a class fail alike,
 * so the best over all classes is the best there is.
 *
 * A breadth-first search over cuts, cheapest first: a state says how many events each task has made
 * and which ran last. Leaving a task that could still run costs a preemption; leaving one that is
 * done, dead or waits for a lock is free.
 *
 * @returns null when nothing cheaper than `bound` exists
 */
export function cheapest(
  run: Run,
  execution: Execution,
  target: number | 'end',
  bound: Cost | null,
): Linearization | null {
  const tasks = execution.tasks.flatMap((task) => (task === undefined ? [] : [task.index]));
  const events: number[][] = tasks.map(() => []);
  const column = new Map(tasks.map((task, i) => [task, i]));
  for (let event = 0; event < run.length; event++)
    events[column.get(run.task[event] as number) as number]?.push(event);
  if (target !== 'end' && target < 0)
    return { cost: { preemptions: 0, switches: 0, steps: 0 }, schedule: [] };
  const sections = criticalSections(run);
  const position = positions(events, run.length);
  const goal =
    target === 'end'
      ? null
      : {
          task: column.get(run.task[target] as number) as number,
          count: (position[target] as number) + 1,
        };
  const radix: number[] = [];
  let product = 1;
  for (const list of events) {
    radix.push(product);
    product *= list.length + 1;
  }
  const best = new Map<number, number>();
  const buckets: State[][] = [];
  const push = (state: State): void => {
    const level = state.preemptions * 1024 + state.switches;
    if (bound !== null && level > bound.preemptions * 1024 + bound.switches) return;
    let key = 0;
    for (let i = 0; i < state.cut.length; i++)
      key += (state.cut[i] as number) * (radix[i] as number);
    key = key * (tasks.length + 1) + state.last + 1;
    const known = best.get(key);
    if (known !== undefined && known <= level) return;
    best.set(key, level);
    const bucket = buckets[level];
    if (bucket === undefined) buckets[level] = [state];
    else bucket.push(state);
  };

  const done = (cut: readonly number[], event: number): boolean =>
    (position[event] as number) < (cut[column.get(run.task[event] as number) as number] as number);
  const isHeld = (cut: readonly number[], lock: number, by: number): boolean =>
    (sections.get(lock) ?? []).some(
      ({ taken, released }) =>
        run.task[taken] !== tasks[by] && done(cut, taken) && (released < 0 || !done(cut, released)),
    );
  /** Whether a task could make some step at this cut, be it the next one of this run or not. */
  const canRun = (cut: readonly number[], i: number): boolean => {
    const next = events[i]?.[cut[i] as number];
    const index = tasks[i] as number;
    if (next === undefined) {
      const { pending } = execution.task(index);
      if (pending === null) return false;
      if (pending.kind === ACQUIRE) {
        const { lock } = pending as unknown as { lock: Lock };
        if (lock.holder?.index === index) return false;
        return !isHeld(cut, lock.address, i);
      }
      return false;
    }
    if (!started(cut, i)) return false;
    const foot = run.foot[next] as number;
    if (kindOf(foot) === ACQUIRE && !(run.operation[next] instanceof TryAcquire))
      return !isHeld(cut, addressOf(foot), i);
    if (kindOf(foot) === JOIN) {
      const joined = column.get((run.operation[next] as Join).target.index) as number;
      return (cut[joined] as number) === (events[joined] as number[]).length;
    }
    return true;
  };
  const started = (cut: readonly number[], i: number): boolean => {
    const firstEvent = events[i]?.[0];
    if (firstEvent === undefined) return true;
    const starter = run.previous[firstEvent] as number;
    return starter < 0 || done(cut, starter);
  };
  const ready = (cut: readonly number[], event: number): boolean => {
    for (let i = 0; i < tasks.length; i++) {
      const index = tasks[i] as number;
      if (index === run.task[event]) continue;
      if (run.clockOf(event, index) > ordinalAt(run, events[i] as number[], cut[i] as number))
        return false;
    }
    return true;
  };

  push({ cut: tasks.map(() => 0), last: -1, parent: null, preemptions: 0, switches: 0 });
  let found: State | null = null;
  let foundSteps = 0;
  for (let level = 0; level < buckets.length && found === null; level++) {
    const bucket = buckets[level];
    if (bucket === undefined) continue;
    // Within a level every state is looked at, so that the shortest witness is found.
    for (let at = 0; at < bucket.length; at++) {
      const state = bucket[at] as State;
      const { cut, last } = state;
      const reached =
        goal === null
          ? cut.every((count, i) => count === (events[i] as number[]).length)
          : (cut[goal.task] as number) >= goal.count;
      if (reached) {
        const steps = cut.reduce((sum, count) => sum + count, 0);
        if (found === null || steps < foundSteps) {
          found = state;
          foundSteps = steps;
        }
        continue;
      }
      const leavingCosts = last >= 0 && canRun(cut, last);
      for (let i = 0; i < tasks.length; i++) {
        const next = events[i]?.[cut[i] as number];
        if (next === undefined || !ready(cut, next)) continue;
        const switched = last >= 0 && last !== i;
        const nextCut = cut.slice();
        nextCut[i] = (cut[i] as number) + 1;
        push({
          cut: nextCut,
          last: i,
          parent: state,
          preemptions: state.preemptions + (switched && leavingCosts ? 1 : 0),
          switches: state.switches + (switched ? 1 : 0),
        });
      }
    }
  }
  if (found === null) return null;
  const cost = { preemptions: found.preemptions, switches: found.switches, steps: foundSteps };
  if (bound !== null && !cheaper(cost, bound)) return null;
  const schedule: number[] = [];
  for (
    let state: State | null = found;
    state !== null && state.parent !== null;
    state = state.parent
  ) {
    schedule.push(tasks[state.last] as number);
  }
  return { cost, schedule: schedule.reverse() };
}

function ordinalAt(run: Run, events: readonly number[], count: number): number {
  return count === 0 ? 0 : (run.ordinal[events[count - 1] as number] as number);
}

function positions(events: readonly (readonly number[])[], length: number): number[] {
  const position = new Array<number>(length).fill(0);
  for (const list of events)
    list.forEach((event, i) => {
      position[event] = i;
    });
  return position;
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
