import { Execution } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import type { Failure } from '../program/failure.ts';
import type { Names } from '../program/names.ts';
import { CHOOSE } from '../program/op.ts';
import type { Program } from '../program/program.ts';
import { type Cost, cheaper, type Linearization } from './witness.ts';

/** What names of failures are made of. */
export type Named = Pick<Failure, 'kind' | 'function' | 'object' | 'event'>;

/** Where an execution can go on in more than one way. */
interface Branching {
  readonly tasks: readonly number[];
  next: number;
}

/**
 * All executions with at most so many preemptions, one after the other, and the cheapest way to each
 * failure among them. With one there are few, about two for each event of the program, and most bugs
 * need no more: their witness is then known to be the best there is, without a look at every class.
 * Other bugs need more.
 *
 * @returns by each of the names that `namesOf` gives a failure; null when there are more than `limit`
 *   executions, or when the program makes choices
 */
export function cheapestWithFewPreemptions(
  program: Program,
  width: number,
  names: Names,
  limit: number,
  most: 0 | 1,
  namesOf: (run: Run, failure: Named) => readonly string[],
): ReadonlyMap<string, Linearization> | null {
  const run = new Run(names, width);
  const best = new Map<string, Linearization>();
  const branchings: Branching[] = [];
  // By depth: what the schedule has cost up to and with that event.
  const preemptions: number[] = [];
  const switches: number[] = [];
  const consider = (name: string, last: number): void => {
    const cost: Cost = {
      preemptions: preemptions[last] ?? 0,
      switches: switches[last] ?? 0,
      steps: last + 1,
    };
    const known = best.get(name);
    if (known !== undefined && !cheaper(cost, known.cost)) return;
    best.set(name, {
      cost,
      schedule: run.task.slice(0, last + 1),
      ways: new Array(last + 1).fill(0),
    });
  };
  for (let executions = 0; executions < limit; executions++) {
    const execution = new Execution(program, names, width);
    for (let depth = 0; depth < run.length; depth++) {
      run.replay(execution, execution.task(run.task[depth] as number), depth);
    }
    for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
      const depth = run.length;
      const last = depth === 0 ? -1 : (run.task[depth - 1] as number);
      const stays = last >= 0 && (enabled & (1 << last)) !== 0;
      const spent = depth === 0 ? 0 : (preemptions[depth - 1] as number);
      let branching = branchings[depth];
      if (branching === undefined) {
        const others = stays && spent >= most ? 0 : enabled & ~(stays ? 1 << last : 0);
        branching = { tasks: [...(stays ? [last] : []), ...bits(others)], next: 0 };
        branchings[depth] = branching;
      }
      const task = branching.tasks[branching.next++] as number;
      const switched = last >= 0 && task !== last ? 1 : 0;
      preemptions[depth] = spent + (stays ? switched : 0);
      switches[depth] = (depth === 0 ? 0 : (switches[depth - 1] as number)) + switched;
      if (execution.task(task).pending?.kind === CHOOSE) return null;
      run.step(execution, execution.task(task));
    }
    for (const failure of execution.finish()) {
      const { event, after } = failure;
      const last = event === 'end' ? run.length - 1 : Math.max(event, ...(after ?? []));
      for (const name of namesOf(run, failure)) consider(name, last);
    }
    const { dataRaces } = run;
    for (let i = 0; i < dataRaces.count; i++) {
      const race = dataRaces.classes[dataRaces.classOf[i] as number];
      if (race === undefined) continue;
      const event = dataRaces.second[i] as number;
      for (const name of namesOf(run, { kind: 'data-race', ...race, event })) consider(name, event);
    }
    execution.dispose();
    while (branchings.length > run.length) branchings.pop();
    for (let top = branchings.at(-1); top?.next === top?.tasks.length; top = branchings.at(-1)) {
      if (top === undefined) return best;
      branchings.pop();
    }
    run.rewind(branchings.length - 1);
  }
  return null;
}

function bits(mask: number): number[] {
  const found: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) found.push(31 - Math.clz32(rest & -rest));
  return found;
}
