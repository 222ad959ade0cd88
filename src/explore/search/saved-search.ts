import type { SavedRaces } from '../execution/races.ts';
import type { Footprint } from '../program/dependence.ts';
import type { SavedNames } from '../program/names.ts';
import type { SavedSleep } from './sleep.ts';
import type { SavedBranch } from './wakeup-tree.ts';

/** A sequence of events that a node of somebody else must have a branch for. */
export interface Insertion {
  readonly depth: number;
  /** Task and footprint of each event, and how many of the events must happen. */
  readonly steps: readonly number[];
  readonly core: number;
  /** The race that asks for it; -1 if it is asked for anew each time. */
  readonly race: number;
}

/** A search between two executions, as plain data. */
export interface SavedSearch {
  readonly executions: number;
  readonly blocked: number;
  readonly transitions: number;
  readonly complete: boolean;
  readonly names: SavedNames;
  /** From the root to the node where the search goes on; the last one has no event yet. */
  readonly nodes: readonly SavedNode[];
  /** Nodes above this depth belong to others. */
  readonly floor: number;
  readonly outbox: readonly Insertion[];
  /** Races that are not settled, and how many there ever were. */
  readonly races: { readonly open: SavedRaces; readonly noted: number };
}

export interface SavedNode {
  readonly task: number;
  readonly foot: Footprint;
  readonly explored: number;
  readonly sleep: SavedSleep;
  readonly pending: readonly SavedBranch[];
}

type Translate = (foot: Footprint) => Footprint;

/** A node in the numbers of another table of names. */
export function translateNode(node: SavedNode, translate: Translate): SavedNode {
  return {
    ...node,
    foot: translate(node.foot),
    sleep: translateSteps(node.sleep, translate),
    pending: node.pending.map((branch) => translateBranch(branch, translate)),
  };
}

function translateBranch({ steps, forks }: SavedBranch, translate: Translate): SavedBranch {
  return {
    steps: translateSteps(steps, translate),
    forks: forks.map((fork) => translateBranch(fork, translate)),
  };
}

/** Tasks and footprints, one after the other. */
export function translateSteps(steps: readonly number[], translate: Translate): number[] {
  return steps.map((value, i) => (i % 2 === 0 ? value : translate(value)));
}
