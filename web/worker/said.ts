import { ModelError } from '../../src/explore/index.ts';
import { escapeText, FormatError, UsageError } from '../../src/util/index.ts';

/** An answer, or why there is none, in a line that is safe to show. */
export type Said<T> = { readonly ok: T } | { readonly error: string };

/** What an answer comes to; an error says what the terminal would say. */
export async function said<T>(answer: () => T | Promise<T>): Promise<Said<T>> {
  try {
    return { ok: await answer() };
  } catch (error) {
    return { error: whyNot(error) };
  }
}

function whyNot(error: unknown): string {
  if (error instanceof FormatError) return error.line;
  if (error instanceof UsageError)
    return escapeText(error.hint === null ? error.message : `${error.message} (${error.hint})`);
  const text = escapeText(error instanceof Error ? error.message : String(error));
  return error instanceof ModelError ? text : `internal error, please report it: ${text}`;
}
