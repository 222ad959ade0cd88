import { addressOf, dependent, type Footprint, footprint, kindOf } from '../program/dependence.ts';
import type { Names } from '../program/names.ts';
import { CHOOSE } from '../program/op.ts';
import type { Sequence } from './wakeup-tree.ts';

/** The tasks asleep at one node as plain data: each task, and what it would do. */
export type SavedSleep = readonly number[];

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
   * A task asleep at node `depth` that can come first in the sequence, so that it is covered: where
   * in the sequence its step is, or the length of the sequence if not in it; -1 if there is none.
   */
  thatCovers(depth: number, { tasks, feet, length }: Sequence): number {
    let asleep = this.#masks[depth] as number;
    for (let i = 0; asleep !== 0 && i < length; i++) {
      const foot = feet[i] as Footprint;
      const bit = 1 << (tasks[i] as number);
      if ((asleep & bit) !== 0) {
        if (kindOf(foot) !== CHOOSE) return i;
        const tried = this.#feet[depth * this.#width + (tasks[i] as number)] as number;
        if ((addressOf(tried) & (1 << addressOf(foot))) !== 0) return i;
        asleep &= ~bit;
      }
      for (let rest = asleep; rest !== 0; rest &= rest - 1) {
        const sleeper = 31 - Math.clz32(rest & -rest);
        const wouldDo = this.#feet[depth * this.#width + sleeper] as number;
        if (dependent(this.#names, wouldDo, foot)) asleep &= ~(1 << sleeper);
      }
    }
    return asleep !== 0 ? length : -1;
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
