import type { Severity } from '../../inspection.ts';
import type { Example } from './example.ts';

/** A rule that findings are made by. */
export interface Rule {
  /** Stable, kebab-case. */
  readonly name: string;
  readonly severity: Severity;
  /** What the description of IOMMUs has to fulfil. */
  readonly about: string;
  /** What Linux does where it does not, by kernel where they differ. */
  readonly linux: string;
  /** What to write instead. */
  readonly fix: string;
  /** What breaks it, and the same as it should be. */
  readonly example: Example;
}
