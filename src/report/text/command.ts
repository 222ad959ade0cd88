// Commands of fwspec that are printed to be copied into a shell.

import { escapeText } from '../../util/index.ts';

/** A word as a shell takes it for itself. */
export function quoted(word: string): string {
  const safe = escapeText(word);
  return /^[\w@%+=:,./~-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

/** What else it takes to run an execution again. */
export interface ReplayNeeds {
  /** The file of the patch that is on the kernel. */
  readonly patch?: string | null | undefined;
  /** The tree of Linux that was compiled. */
  readonly linux?: string | null | undefined;
  /** The patches that were on it. */
  readonly patched?: readonly string[] | undefined;
}

/** The options that say so, each with its value. */
export function needsOf({
  patch,
  linux,
  patched = [],
}: ReplayNeeds): [option: string, value: string][] {
  return [
    ...(patch == null ? [] : [['--patch', patch] satisfies [string, string]]),
    ...(linux == null ? [] : [['--linux', linux] satisfies [string, string]]),
    ...patched.map((path) => ['--patched', path] satisfies [string, string]),
  ];
}

/** The command that runs one execution again. */
export function replayOf(token: string, needs: ReplayNeeds = {}): string {
  const options = needsOf(needs).map(([option, value]) => ` ${option} ${quoted(value)}`);
  return `fwspec replay ${escapeText(token)}${options.join('')}`;
}
