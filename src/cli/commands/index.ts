import type { CommandName } from '../arguments/entries.ts';
import type { Command } from './command.ts';

/** What each command does, loaded when it is asked for; help is another matter. */
export const load: Readonly<Record<Exclude<CommandName, 'help'>, () => Promise<Command>>> = {
  check: async () => (await import('./check.ts')).check,
  inspect: async () => (await import('./inspect.ts')).inspect,
  explain: async () => (await import('./explain.ts')).explain,
  groups: async () => (await import('./groups.ts')).groups,
  explore: async () => (await import('./explore.ts')).explore,
  c: async () => (await import('./c.ts')).c,
  judge: async () => (await import('./judge.ts')).judge,
  compare: async () => (await import('./compare.ts')).compare,
  replay: async () => (await import('./replay.ts')).replay,
  verify: async () => (await import('./verify.ts')).verify,
  capture: async () => (await import('./capture.ts')).capture,
  list: async () => (await import('./list.ts')).list,
  completion: async () => (await import('./completion.ts')).completion,
};
