import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import type { Interruption } from '../search/request.ts';

/** Does what a command is asked for, and returns the exit code. */
export type Run = (
  options: Options,
  console: Console,
  interruption: Interruption,
) => number | Promise<number>;

/** One thing fwspec can be asked to do; what it takes is in arguments/commands.ts. */
export interface Command {
  readonly run: Run;
}
