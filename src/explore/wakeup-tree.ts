import { dependent, type Footprint } from './dependence.ts';
import type { Names } from './world.ts';

/** One step that a later execution must take, and what must follow it. */
export interface WakeupNode {
  readonly task: number;
  readonly foot: Footprint;
  readonly children: WakeupNode[];
}

/** A sequence of events to insert: task numbers and footprints; -1 marks events already matched. */
export interface Sequence {
  readonly tasks: Int32Array;
  readonly feet: Int32Array;
  readonly length: number;
}

/**
 * Add `sequence` to an ordered forest of wakeup nodes, unless some execution the forest already
 * asks for covers it. Branches are tried in order; the first that fits is followed.
 */
export function insert(names: Names, forest: WakeupNode[], sequence: Sequence): void {
  const { tasks, length } = sequence;
  let level = forest;
  let left = 0;
  for (let i = 0; i < length; i++) if ((tasks[i] as number) >= 0) left++;
  for (;;) {
    const next = level.find((node) => startsWith(names, sequence, node));
    if (next === undefined) break;
    const at = tasks.subarray(0, length).indexOf(next.task);
    if (at >= 0) {
      tasks[at] = -1;
      left--;
    }
    if (next.children.length === 0 || left === 0) return;
    level = next.children;
  }
  append(level, sequence);
}

/** Whether `node` can come first in some reordering of the sequence (or commutes with all of it). */
function startsWith(names: Names, { tasks, feet, length }: Sequence, node: WakeupNode): boolean {
  for (let i = 0; i < length; i++) {
    const task = tasks[i] as number;
    if (task < 0) continue;
    if (task === node.task) return true;
    if (dependent(names, feet[i] as number, node.foot)) return false;
  }
  return true;
}

function append(level: WakeupNode[], { tasks, feet, length }: Sequence): void {
  let children = level;
  for (let i = 0; i < length; i++) {
    const task = tasks[i] as number;
    if (task < 0) continue;
    const node: WakeupNode = { task, foot: feet[i] as number, children: [] };
    children.push(node);
    children = node.children;
  }
}
