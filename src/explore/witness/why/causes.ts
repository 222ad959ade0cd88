import type { Program } from '../../program/program.ts';
import { type Bug, byWeight, type Outcome } from '../outcome.ts';
import { type Root, rootOf } from './root.ts';
import { explain } from './why.ts';

/** One of the two accesses whose order decides. */
export interface CauseAccess {
  readonly task: string;
  readonly function: string;
  /** read, write, free, lock, ... */
  readonly access: string;
  /** The class of what is accessed: `dev->iommu`. */
  readonly cell: string;
}

/** What bugs of one exploration hang on: one thing to mend, however many places it crashes. */
export interface Cause {
  /** The same in every exploration that finds it, on every machine. */
  readonly id: string;
  /** In words that need no knowledge of the program under exploration. */
  readonly title: string;
  /** The ids of the bugs that hang on it, the easiest to reach first. */
  readonly sites: readonly string[];
  /** The fewest of any of its bugs. */
  readonly preemptions: number;
  /** The accesses whose order decides, as its first bug has them; null: no order of two decides. */
  readonly pair: readonly [CauseAccess, CauseAccess] | null;
  /** For each site a witness of this cause, which need not be the cheapest of the bug. */
  readonly witnesses: readonly Bug[];
}

/**
 * The causes of what was found, in the order of the first bug of each; data races have none.
 *
 * @param variants other witnesses of the bugs, which may have other causes
 */
export function causesOf(
  program: Program,
  { bugs, complete, executions }: Pick<Outcome, 'bugs' | 'complete' | 'executions'>,
  variants: readonly Bug[] = [],
): readonly Cause[] {
  const causes = new Map<string, { readonly root: Root; readonly witnesses: Bug[] }>();
  for (const bug of [...bugs, ...variants].sort(byWeight)) {
    if (bug.kind === 'data-race') continue;
    const everywhere = complete && bug.classes === executions;
    const root = rootOf(program, bug, explain(program, bug), everywhere);
    const cause = causes.get(root.id);
    if (cause === undefined) causes.set(root.id, { root, witnesses: [bug] });
    else if (!cause.witnesses.some(({ id }) => id === bug.id)) cause.witnesses.push(bug);
  }
  return [...causes.values()].map(({ root, witnesses }) => ({
    ...root,
    sites: witnesses.map(({ id }) => id),
    preemptions: Math.min(...witnesses.map(({ preemptions }) => preemptions)),
    witnesses,
  }));
}

/** An outcome with its causes, which are looked for when somebody asks. */
export function withCauses(
  program: Program,
  outcome: Omit<Outcome, 'causes'>,
  variants: readonly Bug[] = [],
): Outcome {
  let causes: readonly Cause[] | null = null;
  return {
    ...outcome,
    get causes() {
      causes ??= causesOf(program, outcome, variants);
      return causes;
    },
  };
}
