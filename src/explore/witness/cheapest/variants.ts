import { cheaper, type Linearization } from './witness.ts';

/** One way for a bug to come about, and the cheapest execution in which it does. */
export interface Variant {
  /** See {@link originOf}. */
  readonly origin: string;
  best: Linearization | null;
  readonly settled: boolean;
}

/** How many ways for one bug to come about are told apart. */
export const mostVariants = 8;

/** Variants found in two places. Of witnesses as cheap ours stay. */
export function mergedVariants(ours: readonly Variant[], theirs: readonly Variant[]): Variant[] {
  const merged = ours.map((variant) => ({ ...variant }));
  for (const other of theirs) {
    let at = merged.findIndex(({ origin }) => origin === other.origin);
    if (at < 0 && merged.length === mostVariants) at = merged.length - 1;
    const our = merged[at];
    if (our === undefined) merged.push({ ...other });
    else if (!our.settled)
      merged[at] = { ...other, origin: our.origin, best: cheapestOf(our.best, other) };
  }
  return merged;
}

/** Of witnesses as cheap the first, unless the second is settled. */
export function cheapestOf(
  best: Linearization | null,
  other: Pick<Variant, 'best' | 'settled'>,
): Linearization | null {
  if (best === null || other.best === null) return best ?? other.best;
  return other.settled || cheaper(other.best.cost, best.cost) ? other.best : best;
}
