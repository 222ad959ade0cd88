// What several scenarios say of a change, told once.

import type { Bug, Cause, Why } from '../../explore/index.ts';
import { counted } from '../explore/explore.ts';
import type { Sided } from './difference.ts';
import type { JudgedScenario, LineOf, ReplayToken } from './judgement.ts';

/** The side of a difference that something is on. */
export type Side = 'brings' | 'removes' | 'perhapsBrings' | 'perhapsRemoves';

export const sides: readonly Side[] = ['brings', 'removes', 'perhapsBrings', 'perhapsRemoves'];

/** A cause that is on one side only, in one scenario or several. */
export interface ToldCause {
  readonly side: Side;
  /** As the scenario has it that shows it with the fewest preemptions. */
  readonly cause: Cause;
  readonly isKnown: boolean;
  /** The places, of all scenarios. */
  readonly bugs: readonly Bug[];
  readonly scenarios: readonly string[];
  /** What its first bug hangs on; looked up when somebody asks. */
  readonly why: () => Why | null;
  /** The source of the side that it is on. */
  readonly lineOf: LineOf;
  /** What runs its first bug again. */
  readonly token: () => ReplayToken | null;
}

/** What is on one side in any of the scenarios, the causes with the fewest preemptions first. */
export function told(
  scenarios: readonly JudgedScenario[],
  side: Side,
): { readonly causes: readonly ToldCause[]; readonly races: readonly Bug[] } {
  const causes = new Map<string, ToldCause>();
  const races = new Map<string, Bug>();
  for (const { name, difference, whyOf, lineOf, tokenOf } of scenarios) {
    const sided: Sided | null = difference?.[side] ?? null;
    for (const bug of sided?.races ?? []) if (!races.has(bug.id)) races.set(bug.id, bug);
    for (const { cause, bugs, isKnown } of sided?.causes ?? []) {
      const known = causes.get(cause.id);
      const others = known?.bugs ?? [];
      const more = bugs.filter(({ id }) => !others.some((bug) => bug.id === id));
      const isBetter = known === undefined || cause.preemptions < known.cause.preemptions;
      const [first] = bugs;
      causes.set(cause.id, {
        side,
        isKnown,
        ...(isBetter
          ? {
              cause,
              why: () => (first === undefined ? null : whyOf(first)),
              lineOf: isOfBefore(side) ? lineOf.before : lineOf.after,
              token: () => {
                const of = isOfBefore(side) ? tokenOf.before : tokenOf.after;
                return first === undefined ? null : of(first);
              },
            }
          : known),
        bugs: isBetter ? [...bugs, ...without(others, bugs)] : [...others, ...more],
        scenarios: [...(known?.scenarios ?? []), name],
      });
    }
  }
  const sorted = [...causes.values()].sort((a, b) => a.cause.preemptions - b.cause.preemptions);
  return { causes: sorted, races: [...races.values()] };
}

/** Whether it is of the kernel without the patches. */
export function isOfBefore(side: Side): boolean {
  return side === 'removes' || side === 'perhapsRemoves';
}

function without(bugs: readonly Bug[], others: readonly Bug[]): Bug[] {
  return bugs.filter(({ id }) => !others.some((bug) => bug.id === id));
}

/** `3 causes (10 bugs), 5 data races`. */
export function sizeText({ causes, races }: ReturnType<typeof told>): string {
  const bugs = causes.reduce((sum, cause) => sum + cause.bugs.length, 0);
  const of = bugs > causes.length ? ` (${counted(bugs, 'bug')})` : '';
  return [
    ...(causes.length > 0 ? [counted(causes.length, 'cause') + of] : []),
    ...(races.length > 0 ? [counted(races.length, 'data race')] : []),
  ].join(' and ');
}
