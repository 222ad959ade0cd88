import type { Interruption } from './request.ts';

/** The time that a whole command has, from the start of the program. */
export interface Budget {
  /** Milliseconds that are left. */
  readonly left: () => number;
  /** It was enough: nobody is interrupted any more. */
  readonly done: () => void;
}

/** Interrupt everything when the time is over. */
export function budgetOf(maxSeconds: number | null, interruption: Interruption): Budget | null {
  if (maxSeconds === null) return null;
  const left = (): number => maxSeconds * 1000 - performance.now();
  const timer = setTimeout(
    () => {
      interruption.requested = true;
      interruption.onRequest?.();
    },
    Math.max(0, left()),
  );
  return { left, done: () => clearTimeout(timer) };
}
