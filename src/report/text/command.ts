// Commands of fwspec that are printed to be copied into a shell.

import { escapeText } from '../../util/index.ts';

/** A word as a shell takes it for itself. */
export function quoted(word: string): string {
  const safe = escapeText(word);
  return /^[\w@%+=:,./~-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

/** The command that runs one execution again; of a kernel with a patch of somebody's own it needs the file. */
export function replayOf(token: string, patch: string | null = null): string {
  const command = `fwspec replay ${escapeText(token)}`;
  return patch === null ? command : `${command} --patch ${quoted(patch)}`;
}
