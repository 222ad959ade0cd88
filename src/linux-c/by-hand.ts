import type { Task } from '../explore/index.ts';
import type { External, RuntimeValue, Scalar, Thread } from '../llvm/index.ts';

/** A function of the kernel that is written by hand. */
export type ByHand = (thread: Thread, ...operands: Scalar[]) => Task<RuntimeValue>;

/** Functions by hand, as the machine calls them. */
export function externals(
  byName: Readonly<Record<string, ByHand>>,
): (readonly [name: string, run: External])[] {
  return Object.entries(byName).map(([name, run]) => [
    name,
    (thread, operands) => run(thread, ...(operands as readonly Scalar[])),
  ]);
}

/** Returns this and does nothing that anybody could notice. */
export function returning(value: Scalar): ByHand {
  return function* () {
    return value;
  };
}
