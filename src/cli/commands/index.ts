import type { CommandName } from '../arguments/entries.ts';
import type { Command } from './command.ts';

/** What each command does, loaded when it is asked for; help is another matter. */
export const load: Readonly<Record<Exclude<CommandName, 'help'>, () => Promise<Command>>> = {
  check: async () => (await import('./machine/check.ts')).check,
  inspect: async () => (await import('./machine/inspect.ts')).inspect,
  explain: async () => (await import('./machine/explain.ts')).explain,
  lint: async () => (await import('./machine/lint.ts')).lint,
  groups: async () => (await import('./machine/groups.ts')).groups,
  explore: async () => (await import('./search/explore.ts')).explore,
  c: async () => (await import('./search/c.ts')).c,
  judge: async () => (await import('./search/judge.ts')).judge,
  compare: async () => (await import('./search/compare.ts')).compare,
  replay: async () => (await import('./search/replay.ts')).replay,
  verify: async () => (await import('./machine/verify.ts')).verify,
  capture: async () => (await import('./machine/capture.ts')).capture,
  page: async () => (await import('./self/page.ts')).page,
  worker: async () => (await import('./self/worker.ts')).worker,
  mcp: async () => (await import('./self/mcp.ts')).mcp,
  list: async () => (await import('./self/list.ts')).list,
  completion: async () => (await import('./self/completion.ts')).completion,
};
