import { hex } from './hex.ts';
import { escapeText } from './text.ts';

/** What was wrong in a file: where, what was expected there and what was found. */
export interface FormatProblem {
  /** Stable kebab-case code with the format's prefix: `fdt/bad-magic`. */
  readonly code: string;
  /** Byte offset in the file, or null when the problem has no single place (an empty directory). */
  readonly offset: number | null;
  /** The specification's field or structure name. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
  /** What to do about it, where that can be said. */
  readonly hint?: string;
}

/** Unreadable input. The only error a parser throws. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly problem: FormatProblem;
  /** The file, once known: parsers see bytes only, the reader of the file adds its name. */
  file: string | null = null;

  constructor(problem: FormatProblem) {
    super(
      `${problem.field}${problem.offset === null ? '' : ` at offset ${hex(problem.offset)}`}: ` +
        `expected ${problem.expected}, found ${problem.found}`,
    );
    this.problem = problem;
  }

  /** One line for a person: file, place, expected, found, and a hint. Safe to print. */
  get line(): string {
    const { hint } = this.problem;
    const where = this.file === null ? '' : `${this.file}: `;
    return escapeText(`${where}${this.message}${hint === undefined ? '' : ` (${hint})`}`);
  }
}

/** The caller asked for something that does not exist or does not fit together. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Stable kebab-case code: `cli/unknown-scenario`. */
  readonly code: string;
  readonly hint: string | null;

  constructor(code: string, message: string, hint: string | null = null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
