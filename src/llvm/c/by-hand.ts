import type { Task } from '../../explore/index.ts';
import type { Scalar } from '../memory/value.ts';
import type { External } from '../run/thread/machine.ts';
import type { Thread } from '../run/thread/thread.ts';

/** A function of a library that is written by hand. */
export type ByHand = (thread: Thread, ...operands: Scalar[]) => Task<Scalar>;

/** Functions by hand as the machine calls them. */
export function externals(byName: Readonly<Record<string, ByHand>>): ReadonlyMap<string, External> {
  return new Map(
    Object.entries(byName).map(([name, run]) => [
      name,
      (thread, operands) => run(thread, ...(operands as readonly Scalar[])),
    ]),
  );
}

/** Returns 0 and does nothing that anybody could notice. */
export function* nothing(): Task<Scalar> {
  return 0;
}

export const EPERM = 1;
export const EAGAIN = 11;
export const EBUSY = 16;
export const EINVAL = 22;
export const ESRCH = 3;
export const EDEADLK = 35;
export const ETIMEDOUT = 110;
