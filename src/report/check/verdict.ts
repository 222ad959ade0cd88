// What a kernel can do wrong on a machine: what all explorations found, told once.

import type { Bug, Cause, Why } from '../../explore/index.ts';
import type { Exploration } from '../explore/explore.ts';
import type { Known } from '../explore/explore-json.ts';

/** What is known of a cause, and what people call it. */
export interface Judgement extends Known {
  readonly name: string;
}

/** An exploration that a check made, and of which devices. */
export interface CheckedSearch {
  readonly exploration: Exploration;
  /** The devices of the shape, the one that is shown first. */
  readonly devices: readonly string[];
  /** The drivers of their IOMMUs. */
  readonly drivers: readonly string[];
}

/** A search that a check has not begun. */
export interface SearchLeft {
  readonly scenario: string;
  readonly devices: readonly string[];
}

/** One cause, however many explorations came to it; shown as the first of them has it. */
export interface KernelCause extends Omit<Cause, 'witnesses'> {
  readonly judgement: Judgement | null;
  /** The exploration that shows it with the fewest preemptions, and the bug to show of it. */
  readonly search: CheckedSearch;
  readonly bug: Bug;
  readonly token: string | null;
  readonly why: Why | null;
}

export interface KernelRace {
  readonly id: string;
  readonly function: string;
  readonly object: string;
  readonly preemptions: number;
  readonly token: string | null;
}

export interface KernelVerdict {
  readonly verdict: 'bug' | 'clean' | 'incomplete';
  /** Why there was nothing to explore; null when there was. */
  readonly nothing: string | null;
  /** The worst first: those that Linux has before those of the model alone. */
  readonly causes: readonly KernelCause[];
  readonly dataRaces: readonly KernelRace[];
  readonly searches: readonly CheckedSearch[];
  readonly left: readonly SearchLeft[];
}

/** What is known of a cause that a search found on a kernel. */
export type Judge = (
  cause: Pick<KernelCause, 'id' | 'sites'>,
  search: CheckedSearch,
) => Judgement | null;

export function kernelVerdict(
  searches: readonly CheckedSearch[],
  left: readonly SearchLeft[],
  nothing: string | null,
  judge: Judge,
): KernelVerdict {
  const causes = causesOf(searches, judge);
  const dataRaces = racesOf(searches);
  const complete = left.length === 0 && searches.every(isComplete);
  const found = causes.length + dataRaces.length > 0;
  const verdict = found ? 'bug' : complete ? 'clean' : 'incomplete';
  return { verdict, nothing, causes, dataRaces, searches, left };
}

export function isComplete({ exploration }: CheckedSearch): boolean {
  return exploration.outcome.complete;
}

/** Those that Linux has, then what nobody has judged, then those of the model; of each the easiest first. */
const ranks = ['real', 'narrow', null, 'model-only'];

function causesOf(searches: readonly CheckedSearch[], judge: Judge): KernelCause[] {
  const causes = new Map<string, KernelCause>();
  for (const search of searches) {
    for (const cause of causesIn(search)) {
      const known = causes.get(cause.id);
      const best = known === undefined || cause.preemptions < known.preemptions ? cause : known;
      const sites = [...new Set([...(known?.sites ?? []), ...cause.sites])];
      const judgement = known?.judgement ?? judge(cause, search);
      causes.set(cause.id, { ...best, sites, judgement });
    }
  }
  const rankOf = ({ judgement }: KernelCause): number => ranks.indexOf(judgement?.status ?? null);
  return [...causes.values()].sort(
    (a, b) => rankOf(a) - rankOf(b) || a.preemptions - b.preemptions,
  );
}

/** The causes that one search came to. */
function causesIn(search: CheckedSearch): Omit<KernelCause, 'judgement'>[] {
  const { outcome, tokens, whys, causeTokens } = search.exploration;
  return outcome.causes.flatMap(({ witnesses, ...cause }, i) => {
    const [bug] = witnesses;
    if (bug === undefined) return [];
    const token = causeTokens[i]?.[0] ?? null;
    // What the cheapest witness of a bug hangs on says nothing about another witness of it.
    const at = outcome.bugs.findIndex(({ id }, nth) => id === bug.id && tokens[nth] === token);
    return { ...cause, search, bug, token, why: whys[at] ?? null };
  });
}

function racesOf(searches: readonly CheckedSearch[]): KernelRace[] {
  const races = new Map<string, KernelRace>();
  for (const { exploration } of searches) {
    const { outcome, tokens } = exploration;
    outcome.bugs.forEach((bug, i) => {
      if (bug.kind !== 'data-race' || races.has(bug.id)) return;
      const { id, object, preemptions } = bug;
      races.set(id, { id, function: bug.function, object, preemptions, token: tokens[i] ?? null });
    });
  }
  return [...races.values()];
}
