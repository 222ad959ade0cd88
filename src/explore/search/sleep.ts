import { addressOf, dependent, type Footprint, footprint, kindOf } from '../program/dependence.ts';
import type { Names } from '../program/names.ts';
import { CHOOSE } from '../program/op.ts';

/** The tasks asleep at one node as plain data: each task, and what it would do. */
export type SavedSleep = readonly number[];

/** A task that is asleep could come first in the sequence: what it leads to was explored. */
export const covered = -1;

/**
 * By node: the tasks whose branch is explored already, or by somebody else, and that nothing has
 * disturbed since; and what each of them would do. A choice is asleep with all the ways that were
 * tried, as bits.
 */
export class SleepSets {
  readonly #names: Names;
  readonly #width: number;
  readonly #masks: number[] = [0];
  #feet: Int32Array;

  constructor(names: Names, width: number) {
    this.#names = names;
    this.#width = width;
    this.#feet = new Int32Array(width * 64);
  }

  /** The tasks asleep at node `depth`, one bit each. */
  at(depth: number): number {
    return this.#masks[depth] as number;
  }

  has(depth: number, task: number): boolean {
    return ((this.#masks[depth] as number) & (1 << task)) !== 0;
  }

  /** `task` makes `foot` at node `depth`: who commutes with that sleeps on at the next node. */
  pass(depth: number, task: number, foot: Footprint): void {
    this.#reserve(depth + 1);
    const feet = this.#feet;
    const width = this.#width;
    let still = 0;
    let asleep = (this.#masks[depth] as number) & ~(1 << task);
    for (; asleep !== 0; asleep &= asleep - 1) {
      const sleeper = 31 - Math.clz32(asleep & -asleep);
      const wouldDo = feet[depth * width + sleeper] as number;
      if (dependent(this.#names, wouldDo, foot)) continue;
      still |= 1 << sleeper;
      feet[(depth + 1) * width + sleeper] = wouldDo;
    }
    this.#masks[depth + 1] = still;
  }

  /** The branch at node `depth` that begins with `foot` by `task` is explored. */
  add(depth: number, task: number, foot: Footprint): void {
    this.#reserve(depth);
    const at = depth * this.#width + task;
    const mask = this.#masks[depth] as number;
    if (kindOf(foot) === CHOOSE) {
      const tried = (mask & (1 << task)) === 0 ? 0 : addressOf(this.#feet[at] as number);
      this.#feet[at] = footprint(tried | (1 << addressOf(foot)), CHOOSE);
    } else {
      this.#feet[at] = foot;
    }
    this.#masks[depth] = mask | (1 << task);
  }

  /**
   * Of the tasks asleep at node `depth`, those in `asleep` have slept on through what has come so far
   * of some sequence. Who does after the next event; {@link covered} when that is one of theirs.
   */
  past(depth: number, asleep: number, task: number, foot: Footprint): number {
    const base = depth * this.#width;
    let still = asleep;
    if ((asleep & (1 << task)) !== 0) {
      if (kindOf(foot) !== CHOOSE) return covered;
      const tried = addressOf(this.#feet[base + task] as number);
      if ((tried & (1 << addressOf(foot))) !== 0) return covered;
      still &= ~(1 << task);
    }
    for (let rest = still; rest !== 0; rest &= rest - 1) {
      const sleeper = 31 - Math.clz32(rest & -rest);
      if (dependent(this.#names, this.#feet[base + sleeper] as number, foot))
        still &= ~(1 << sleeper);
    }
    return still;
  }

  save(depth: number): SavedSleep {
    const saved: number[] = [];
    for (let rest = this.#masks[depth] as number; rest !== 0; rest &= rest - 1) {
      const task = 31 - Math.clz32(rest & -rest);
      saved.push(task, this.#feet[depth * this.#width + task] as number);
    }
    return saved;
  }

  restore(depth: number, saved: SavedSleep): void {
    this.#reserve(depth);
    let mask = 0;
    for (let i = 0; i < saved.length; i += 2) {
      const task = saved[i] as number;
      mask |= 1 << task;
      this.#feet[depth * this.#width + task] = saved[i + 1] as number;
    }
    this.#masks[depth] = mask;
  }

  #reserve(depth: number): void {
    while (this.#feet.length < (depth + 1) * this.#width) {
      const bigger = new Int32Array(this.#feet.length * 2);
      bigger.set(this.#feet);
      this.#feet = bigger;
    }
  }
}
