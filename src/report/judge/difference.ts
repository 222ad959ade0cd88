// What two explorations of the same scenario have in common, and what only one of them has.

import type { Bug, Cause, Outcome } from '../../explore/index.ts';

/** A cause that is on one side only, or has places that are. */
export interface CauseChange {
  readonly cause: Cause;
  /** The places that are on this side only; where the cause is new, all it has. */
  readonly bugs: readonly Bug[];
  /** The cause is on both sides. */
  readonly isKnown: boolean;
}

/** Something that is on one side only; sure, unless the other side was not looked at whole. */
interface Sided {
  readonly causes: readonly CauseChange[];
  readonly races: readonly Bug[];
}

export interface Difference {
  readonly brings: Sided;
  readonly removes: Sided;
  /** What is only after, or only before, as far as was looked. */
  readonly perhapsBrings: Sided;
  readonly perhapsRemoves: Sided;
  /** Causes of both sides, as the later one has them. */
  readonly stays: readonly Cause[];
  readonly racesStay: number;
  /** Both sides were looked at whole. */
  readonly complete: boolean;
}

/** What is after and was not before, and the other way round. */
export function differenceOf(before: Outcome, after: Outcome): Difference {
  const brought = onlyIn(after, before);
  const removed = onlyIn(before, after);
  return {
    brings: brought.sure,
    removes: after.complete ? all(removed) : none,
    perhapsBrings: brought.perhaps,
    perhapsRemoves: after.complete ? none : all(removed),
    stays: after.causes.filter(({ id }) => before.causes.some((cause) => cause.id === id)),
    racesStay: racesOf(after).filter(({ id }) => has(before, id)).length,
    complete: before.complete && after.complete,
  };
}

const none: Sided = { causes: [], races: [] };

function all({ sure, perhaps }: { readonly sure: Sided; readonly perhaps: Sided }): Sided {
  return {
    causes: [...sure.causes, ...perhaps.causes],
    races: [...sure.races, ...perhaps.races],
  };
}

function onlyIn(one: Outcome, other: Outcome): { readonly sure: Sided; readonly perhaps: Sided } {
  const causes = one.causes.flatMap((cause): CauseChange[] => {
    const isKnown = other.causes.some(({ id }) => id === cause.id);
    const bugs = isKnown ? cause.witnesses.filter(({ id }) => !has(other, id)) : cause.witnesses;
    return bugs.length === 0 ? [] : [{ cause, bugs, isKnown }];
  });
  const races = racesOf(one).filter(({ id }) => !has(other, id));
  if (other.complete) return { sure: { causes, races }, perhaps: none };
  // All with so few preemptions were looked at, whatever else was not.
  const { preemptions } = other.bounds;
  const isSure = ({ bugs }: CauseChange): boolean =>
    preemptions !== null &&
    bugs.some(
      (bug) => !has(other, bug.id) && bug.preemptions <= preemptions && bug.kind !== 'lock-order',
    );
  return {
    sure: { causes: causes.filter(isSure), races: [] },
    perhaps: { causes: causes.filter((change) => !isSure(change)), races },
  };
}

function has({ bugs }: Outcome, id: string): boolean {
  return bugs.some((bug) => bug.id === id);
}

function racesOf({ bugs }: Outcome): readonly Bug[] {
  return bugs.filter(({ kind }) => kind === 'data-race');
}

export function isEmpty({ causes, races }: Sided): boolean {
  return causes.length + races.length === 0;
}

export type { Sided };
