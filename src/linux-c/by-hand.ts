import type { Task } from '../explore/index.ts';
import type { External, RuntimeValue, Scalar, Thread } from '../llvm/index.ts';

/** A function of the kernel that is written by hand. */
export type ByHand = (thread: Thread, ...operands: Scalar[]) => Task<RuntimeValue>;

/** Functions by hand, by name. */
export type ByName = Readonly<Record<string, ByHand>>;

/** Functions by hand, as the machine calls them. */
export function externals(byName: ByName): (readonly [name: string, run: External])[] {
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

/** A negative error number as an `int`. */
export function errno(number: number): number {
  return 2 ** 32 - number;
}

/** `ERR_PTR(-number)` */
export function errPtr(number: number): bigint {
  return 2n ** 64n - BigInt(number);
}

export const ENOENT = 2;
export const ENOMEM = 12;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ENODATA = 61;
export const EPROBE_DEFER = 517;
