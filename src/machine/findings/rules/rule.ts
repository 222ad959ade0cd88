import type { Severity } from '../../inspection.ts';

/** A rule that findings are made by. */
export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  /** What the description of IOMMUs has to fulfil. */
  readonly about: string;
}

/** A table of rules. */
export function rulesOf(
  rows: readonly (readonly [name: string, severity: Severity, about: string])[],
): readonly Rule[] {
  return rows.map(([name, severity, about]) => ({ name, severity, about }));
}
