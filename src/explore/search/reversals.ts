import type { Execution } from '../execution/execution.ts';
import type { Run } from '../execution/run.ts';
import { type Footprint, footprint, kindOf } from '../program/dependence.ts';
import { CHOOSE, effectOf } from '../program/op.ts';
import { type Insertion, translateSteps } from './saved-search.ts';
import { covered, type SleepSets } from './sleep.ts';
import { covers, insert, newBranch, Sequence, type WakeupBranch } from './wakeup-tree.ts';

/** Asks, for each race of an execution, for one in which its second event comes first. */
export class Reversals {
  /** Nodes above this depth belong to others: what is wanted there goes to the outbox. */
  floor = 0;
  outbox: Insertion[] = [];
  readonly #run: Run;
  readonly #sleep: SleepSets;
  /** By depth: the branches still to take. */
  readonly #pending: (WakeupBranch | null)[];
  readonly #sequence = new Sequence();

  constructor(run: Run, sleep: SleepSets, pending: (WakeupBranch | null)[]) {
    this.#run = run;
    this.#sleep = sleep;
    this.#pending = pending;
  }

  /** Ask for the reversal of every race of this execution that no other branch covers. */
  ask(execution: Execution, now: number): void {
    const { races } = this.#run;
    const run = this.#run;
    for (let race = 0; race < races.count; race++) {
      const first = races.first[race] as number;
      const second = races.second[race] as number;
      let asleep = this.#begin(first, second);
      if (asleep !== covered) {
        const foot = run.reversed(first, second);
        asleep = this.#add(first, asleep, run.task[second] as number, foot);
      }
      if (this.#finish(first, second, asleep, races.number[race] as number, now))
        races.settle(race);
    }
    for (const task of execution.tasks) {
      const { pending = null } = task ?? {};
      if (task === undefined || pending === null) continue;
      const first = run.lostAgainst(task);
      if (first < 0) continue;
      let asleep = this.#begin(first, run.length);
      if (asleep !== covered) {
        const foot = footprint(pending.address, effectOf(pending));
        asleep = this.#add(first, asleep, task.index, foot);
      }
      this.#finish(first, run.length, asleep, -1, now);
    }
  }

  // While a sequence is put together it is known who of those asleep at its node still sleeps then,
  // or that the sequence is `covered`: nobody needs the rest of it.

  /** What comes before the second event when `first` does not. */
  #begin(first: number, second: number): number {
    const { task, foot, clock, width, ordinal } = this.#run;
    const column = task[first] as number;
    const since = ordinal[first] as number;
    let asleep = this.#sleep.at(first);
    this.#sequence.clear();
    for (let event = first + 1; event < second; event++) {
      // Whatever does not come after `first` anyway.
      if ((clock[event * width + column] as number) >= since) continue;
      asleep = this.#add(first, asleep, task[event] as number, foot[event] as Footprint);
      if (asleep === covered) return covered;
    }
    return asleep;
  }

  #add(first: number, asleep: number, task: number, foot: Footprint): number {
    this.#sequence.add(task, foot);
    return asleep === 0 ? 0 : this.#sleep.past(first, asleep, task, foot);
  }

  /** Ask for the sequence, and how it goes on, before `first`. Returns whether the race is settled. */
  #finish(first: number, second: number, asleep: number, race: number, now: number): boolean {
    if (asleep === covered) return true;
    const sequence = this.#sequence;
    sequence.core = sequence.length;
    if (this.#addRest(first, second, asleep) !== 0) return false;
    if (first >= this.floor) return this.#insert(first, now);
    // Not to be asked for again if a branch covers it that was there from the start.
    this.outbox.push({ depth: first, steps: sequence.steps(), core: sequence.core, race });
    return covers(this.#run.names, this.#pending[first] as WakeupBranch | null, sequence) === true;
  }

  /** How the execution went on after `second`, as far as that does not depend on `first`. */
  #addRest(first: number, second: number, sleepers: number): number {
    const run = this.#run;
    const { task, foot, clock, width, ordinal } = run;
    const column = task[first] as number;
    const since = ordinal[first] as number;
    let asleep = sleepers;
    let choice = -1;
    for (let event = second + 1; event < run.length; event++) {
      if ((clock[event * width + column] as number) >= since) continue;
      // A settled race is not looked at again: later choices must be free to go all ways.
      if (choice < 0 && kindOf(foot[event] as Footprint) === CHOOSE) choice = event;
      if (choice >= 0 && run.followsChoice(choice, event)) continue;
      asleep = this.#add(first, asleep, task[event] as number, foot[event] as Footprint);
      if (asleep === covered) return covered;
    }
    return asleep;
  }

  /** Have a branch for the sequence at node `depth`. Returns whether the race is settled. */
  #insert(depth: number, now: number): boolean {
    const pending = this.#pending[depth] as WakeupBranch | null;
    if (pending !== null) return insert(this.#run.names, pending, this.#sequence, now);
    this.#pending[depth] = newBranch(this.#sequence.steps(), now);
    return true;
  }

  /**
   * Have branches for all that somebody else has put into an outbox. Races with a number below
   * `known` are ours. Returns those of the others that are settled.
   */
  takeOver(
    outbox: readonly Insertion[],
    known: number,
    translate: (foot: Footprint) => Footprint,
    now: number,
  ): ReadonlySet<number> {
    const { races } = this.#run;
    const settled = new Set<number>();
    for (const { depth, steps, core, race } of outbox) {
      const ours = race >= 0 && race < known;
      const place = ours ? races.find(race) : -1;
      if (ours ? place < 0 : settled.has(race)) continue;
      this.#sequence.set(translateSteps(steps, translate), core);
      if (!this.#insert(depth, now)) continue;
      if (ours) races.settle(place);
      else if (race >= 0) settled.add(race);
    }
    return settled;
  }
}
