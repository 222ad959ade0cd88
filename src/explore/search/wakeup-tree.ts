import { dependent, type Footprint, kindOf } from '../program/dependence.ts';
import type { Names } from '../program/names.ts';
import { CHOOSE } from '../program/op.ts';

/**
 * A branch that later executions must take: a chain of steps, then the branches that part from
 * there. An ordered forest is its first branch, which leads to the others by `sibling`.
 */
export interface WakeupBranch {
  /** Task and footprint of each step, one after the other. */
  steps: readonly number[];
  /** Steps before this index were taken already. */
  at: number;
  child: WakeupBranch | null;
  sibling: WakeupBranch | null;
  /** When something was last added to it, as a number of executions. */
  changed: number;
  /** Who explores it ahead of time, as a number; 0 when nobody does. */
  ahead: number;
}

/** A branch as plain data: the steps still to take, and where it forks. */
export interface SavedBranch {
  readonly steps: readonly number[];
  readonly forks: readonly SavedBranch[];
}

/** How many branches a forest has at its root. */
export function forestSize(forest: WakeupBranch | null): number {
  let size = 0;
  for (let branch = forest; branch !== null; branch = branch.sibling) size++;
  return size;
}

export function saveForest(forest: WakeupBranch | null): SavedBranch[] {
  const saved: SavedBranch[] = [];
  for (let branch = forest; branch !== null; branch = branch.sibling)
    saved.push({ steps: branch.steps.slice(branch.at), forks: saveForest(branch.child) });
  return saved;
}

export function restoreForest(saved: readonly SavedBranch[]): WakeupBranch | null {
  let forest: WakeupBranch | null = null;
  for (const { steps, forks } of saved.toReversed())
    forest = newBranch(steps, 0, { child: restoreForest(forks), sibling: forest });
  return forest;
}

export function newBranch(
  steps: readonly number[],
  changed: number,
  { child = null, sibling = null }: Partial<WakeupBranch> = {},
): WakeupBranch {
  return { steps, at: 0, child, sibling, changed, ahead: 0 };
}

/** A sequence of events to insert. */
export class Sequence {
  /** How many of the events must happen, whatever follows; the rest is how one execution went on. */
  core = 0;
  tasks: Int32Array = new Int32Array(64);
  feet: Int32Array = new Int32Array(64);
  /** Where in these its events are: most are taken out at the start. */
  from = 0;
  to = 0;

  get length(): number {
    return this.to - this.from;
  }

  clear(): void {
    this.from = 0;
    this.to = 0;
  }

  add(task: number, foot: Footprint): void {
    if (this.to === this.tasks.length) {
      this.tasks = doubled(this.tasks);
      this.feet = doubled(this.feet);
    }
    this.tasks[this.to] = task;
    this.feet[this.to++] = foot;
  }

  /** Be the sequence of these steps: task and footprint of each. */
  set(steps: readonly number[], core: number): void {
    this.clear();
    for (let i = 0; i < steps.length; i += 2)
      this.add(steps[i] as number, steps[i + 1] as Footprint);
    this.core = core;
  }

  /** Task and footprint of each event, one after the other. */
  steps(): number[] {
    const { tasks, feet, from, length } = this;
    const steps = new Array<number>(length * 2);
    for (let i = 0; i < length; i++) {
      steps[2 * i] = tasks[from + i] as number;
      steps[2 * i + 1] = feet[from + i] as Footprint;
    }
    return steps;
  }

  /** Take out an event, if it is one of them. */
  remove(at: number): void {
    if (at >= this.length) return;
    const { tasks, feet, from } = this;
    this.from++;
    if (at === 0) return;
    // Those before it are few: to have them copied takes longer.
    for (let i = from + at; i > from; i--) {
      tasks[i] = tasks[i - 1] as number;
      feet[i] = feet[i - 1] as Footprint;
    }
  }
}

function doubled(array: Int32Array): Int32Array {
  const bigger = new Int32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}

/** The forest that is left to explore after the first step of `branch` was taken. */
export function afterFirstStep(branch: WakeupBranch): WakeupBranch | null {
  branch.sibling = null;
  branch.at += 2;
  return branch.at < branch.steps.length ? branch : branch.child;
}

/**
 * Add `sequence` to a forest, unless some execution the forest already asks for covers it. Branches
 * are tried in order; the first that fits is followed.
 *
 * @returns whether the forest now covers the sequence however it goes on: the branch that was followed
 *   starts with one of the events that must happen, or there is a branch of its own
 */
export function insert(
  names: Names,
  forest: WakeupBranch,
  sequence: Sequence,
  now: number,
): boolean {
  let top: WakeupBranch | null = null;
  let covered = true;
  let parent: WakeupBranch | null = null;
  let level: WakeupBranch | null = forest;
  while (level !== null) {
    let branch: WakeupBranch | null = level;
    let place = placeOf(names, branch, branch.at, sequence);
    while (place === doesNotFit) {
      branch = branch.sibling;
      if (branch === null) break;
      place = placeOf(names, branch, branch.at, sequence);
    }
    if (branch === null) break;
    if (top === null) {
      top = branch;
      covered = place < sequence.core;
    }
    sequence.remove(place);
    for (let at = branch.at + 2; at < branch.steps.length; at += 2) {
      if (sequence.length === 0) return covered;
      place = placeOf(names, branch, at, sequence);
      if (place !== doesNotFit) sequence.remove(place);
      else split(branch, at);
    }
    if (branch.child === null || sequence.length === 0) return covered;
    parent = branch;
    level = branch.child;
  }
  const added = newBranch(sequence.steps(), now);
  if (top !== null) {
    top.changed = now;
    // What somebody explores ahead of time is not this any more.
    top.ahead = 0;
  }
  if (level !== null) {
    let last = level;
    while (last.sibling !== null) last = last.sibling;
    last.sibling = added;
  } else if (parent !== null) {
    parent.child = added;
  }
  return covered;
}

/**
 * Whether the forest covers the sequence however it goes on: its first branch that fits starts with
 * one of the events that must happen. Null when none fits: the sequence is a branch of its own.
 */
export function covers(
  names: Names,
  forest: WakeupBranch | null,
  sequence: Sequence,
): boolean | null {
  for (let branch = forest; branch !== null; branch = branch.sibling) {
    const place = placeOf(names, branch, branch.at, sequence);
    if (place !== doesNotFit) return place < sequence.core;
  }
  return null;
}

const doesNotFit = -1;

/**
 * Where in the sequence step `at` of the branch is, if it can come first in some reordering. The
 * length of the sequence stands for a step that is not in it and commutes with all of it.
 */
function placeOf(
  names: Names,
  { steps }: WakeupBranch,
  at: number,
  { tasks, feet, from, to }: Sequence,
): number {
  const task = steps[at] as number;
  const foot = steps[at + 1] as Footprint;
  for (let i = from; i < to; i++) {
    if (tasks[i] === task) {
      // The other ways of a choice are other branches.
      return kindOf(foot) === CHOOSE && feet[i] !== foot ? doesNotFit : i - from;
    }
    if (dependent(names, feet[i] as Footprint, foot)) return doesNotFit;
  }
  return to - from;
}

/** Make a fork of a branch: its steps from `at` on become its only child. */
function split(branch: WakeupBranch, at: number): void {
  const { steps, child } = branch;
  branch.child = newBranch(steps.slice(at), branch.changed, { child });
  branch.steps = steps.slice(0, at);
}
