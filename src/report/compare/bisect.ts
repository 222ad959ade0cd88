import type { CompareRow } from './compare.ts';

/** A design on the way, and the patch that leads to it; the first is what the series starts from. */
export interface BisectStep {
  readonly kernel: string;
  readonly subject: string | null;
}

/**
 * Where a bug comes or goes: between two designs that follow each other, or, where the searches in
 * between were cut short and saw nothing, somewhere after `after`.
 */
export interface Change {
  readonly kernel: string;
  readonly subject: string | null;
  /** The last design that is known to be otherwise. */
  readonly after: string;
}

/** The designs that have a bug, from one on to another. */
export interface Spell {
  /** Null when it is there from the start. */
  readonly brought: Change | null;
  /** Null when it is there at the end. */
  readonly removed: Change | null;
}

/** What a series does to one bug of one scenario. */
export interface BugHistory {
  readonly scenario: string;
  readonly driver?: string;
  readonly bug: string;
  readonly spells: readonly Spell[];
}

/** The document that `--bisect --json` prints. */
export interface BisectDocument {
  readonly version: 1;
  readonly command: 'compare';
  readonly steps: readonly BisectStep[];
  readonly bugs: readonly BugHistory[];
  readonly rows: readonly CompareRow[];
}

export function bisectJson(
  steps: readonly BisectStep[],
  rows: readonly CompareRow[],
): BisectDocument {
  return { version: 1, command: 'compare', steps, bugs: historiesOf(steps, rows), rows };
}

/** What each step of a series does to each bug of each scenario, in the order of the rows. */
export function historiesOf(
  steps: readonly BisectStep[],
  rows: readonly CompareRow[],
): BugHistory[] {
  const searches = new Map<string, CompareRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.scenario, row.driver ?? null]);
    const group = searches.get(key);
    if (group === undefined) searches.set(key, [row]);
    else group.push(row);
  }
  return [...searches.values()].flatMap((group) => {
    const [{ scenario, driver } = { scenario: '' }] = group;
    const atStep = steps.map(({ kernel }) => group.find((row) => row.kernel === kernel) ?? null);
    return [...new Set(group.flatMap(({ bugs }) => bugs))].sort().map((bug) => ({
      scenario,
      ...(driver === undefined ? {} : { driver }),
      bug,
      spells: spellsOf(
        steps,
        atStep.map((row) => has(row, bug)),
      ),
    }));
  });
}

/** Whether a design has a bug; null when a search that was cut short did not see it. */
function has(row: CompareRow | null, bug: string): boolean | null {
  if (row === null) return null;
  return row.bugs.includes(bug) || (row.complete ? false : null);
}

function spellsOf(steps: readonly BisectStep[], there: readonly (boolean | null)[]): Spell[] {
  const spells: Spell[] = [];
  let known: { readonly step: BisectStep; readonly there: boolean } | null = null;
  let begun: Change | null = null;
  for (const [i, step] of steps.entries()) {
    const now = there[i] ?? null;
    if (now === null) continue;
    const change: Change | null =
      known === null || known.there === now ? null : { ...step, after: known.step.kernel };
    if (change !== null && now) begun = change;
    if (change !== null && !now) spells.push({ brought: begun, removed: change });
    known = { step, there: now };
  }
  if (known?.there === true) spells.push({ brought: begun, removed: null });
  return spells;
}
