import { ModelError } from '../../explore/index.ts';
import { hanging } from '../../report/index.ts';
import { escapeText, FormatError, UsageError } from '../../util/index.ts';
import { type Environment, widthFor } from '../system/terminal.ts';

/** One line for a person, with a hint when there is one; null for an error that nobody expects. */
export function messageOf(error: unknown): string | null {
  if (error instanceof FormatError) return error.line;
  if (error instanceof UsageError) {
    return escapeText(error.hint === null ? error.message : `${error.message} (${error.hint})`);
  }
  if (error instanceof ModelError) return escapeText(error.message);
  return null;
}

/** What is said of any error that ends a command. */
export function failureOf(error: unknown): string {
  const raw = error instanceof Error ? error.message : String(error);
  return withoutPasswords(messageOf(error) ?? `internal error, please report it: ${raw}`);
}

/** A URL that was typed where none belongs is repeated without the password in it. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(\bredis\w*:\/\/)\S*@/gi, '$1***@');
}

/**
 * What is said beside the result, safe for a terminal already: one line, which goes on below where
 * somebody sees how wide it is.
 */
export function saidText(
  text: string,
  env: Environment,
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
): string {
  const line = `fwspec: ${text}`;
  const isSeen = isTTY === true || (env.COLUMNS ?? '') !== '';
  if (!isSeen) return `${line}\n`;
  return `${hanging(line.split(' '), '', 2, widthFor(env, columns)).join('\n')}\n`;
}
