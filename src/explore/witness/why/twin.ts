import type { Program } from '../../program/program.ts';
import { fingerprint } from '../findings.ts';
import type { Bug } from '../outcome.ts';
import type { Schedule } from '../replay/schedule.ts';
import { counterpart } from './pairs.ts';
import { explain } from './why.ts';

/** An execution that is that of a bug but for the order of the two events that decide, without the bug. */
export interface Twin {
  /** It, to be replayed. */
  readonly schedule: Schedule;
  /**
   * Which of its events the two are that decide, the one first that comes first where the bug happens: here it
   * comes last, or, as null says, not at all.
   */
  readonly first: number | null;
  readonly second: number | null;
  /** What goes wrong in it instead; nothing, as a rule. */
  readonly failures: readonly { readonly id: string; readonly message: string }[];
}

/** The passing twin of a bug; null where no order of two events decides: `why()` says so in words. */
export function twinOf(
  program: Program,
  bug: Pick<Bug, 'id' | 'kind' | 'schedule' | 'message'>,
): Twin | null {
  const { why, failing, passing, pair } = explain(program, bug);
  if (failing === null || passing === null || pair === null || why.passing === null) return null;
  const [first, second] = pair.map((event) => {
    const there = counterpart(failing, passing, event);
    return there < 0 ? null : there;
  });
  return {
    schedule: why.passing,
    first: first ?? null,
    second: second ?? null,
    failures: passing.failures.map((failure) => ({
      id: fingerprint(failure),
      message: failure.message,
    })),
  };
}
