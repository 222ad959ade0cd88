import { ModelError } from '../../explore/index.ts';
import { escapeText, FormatError, UsageError } from '../../util/index.ts';

/** One line for a person, with a hint when there is one; null for an error that nobody expects. */
export function messageOf(error: unknown): string | null {
  if (error instanceof FormatError) return error.line;
  if (error instanceof UsageError) {
    return escapeText(error.hint === null ? error.message : `${error.message} (${error.hint})`);
  }
  if (error instanceof ModelError) return escapeText(error.message);
  return null;
}
