import type { Context, Finding } from '../../machine/index.ts';

/** What was found in one file, directory or archive. */
export interface Linted {
  /** As it was given. */
  readonly file: string;
  /** Why it cannot be read, in one line, safe for a terminal; null where it can. */
  readonly error: string | null;
  readonly findings: readonly LintFinding[];
}

/** A finding, with the file that it is in: that of the table, below a directory. */
export interface LintFinding extends Finding {
  readonly file: string;
  /** About the rule, from the top of the package. */
  readonly page: string;
  /** The bytes that it is about; absent where none is to blame. */
  readonly context?: Context;
}
