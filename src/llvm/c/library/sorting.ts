import type { Task } from '../../../explore/index.ts';
import { type Scalar, undef } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big, signed } from '../../run/values/arithmetic.ts';
import { stepped } from '../../run/values/constants.ts';
import { type ByHand, externals } from '../by-hand.ts';

// What `stdlib.h` has that calls back.

function* order(thread: Thread, compare: Scalar, a: Scalar, b: Scalar): Task<bigint> {
  const result = (yield* thread.call(compare, [a, b])) as Scalar;
  if (result === undef) thread.memory.crashUndefined('says which is first');
  return signed(result, 32);
}

/** Sort by putting each where it belongs among those before it. */
function* qsort(
  thread: Thread,
  base: Scalar,
  count: Scalar,
  size: Scalar,
  compare: Scalar,
): Task<Scalar> {
  const { memory } = thread;
  const width = Number(big(size));
  const at = (i: number): Scalar => stepped(base, BigInt(i * width));
  const kept = memory.variable('element', width, null).at(0);
  for (let i = 1; i < Number(big(count)); i++)
    for (let j = i; j > 0 && (yield* order(thread, compare, at(j - 1), at(j))) > 0n; j--) {
      yield* memory.copy(kept, at(j), width);
      yield* memory.copy(at(j), at(j - 1), width);
      yield* memory.copy(at(j - 1), kept, width);
    }
  return 0;
}

function* bsearch(
  thread: Thread,
  key: Scalar,
  base: Scalar,
  count: Scalar,
  size: Scalar,
  compare: Scalar,
): Task<Scalar> {
  let from = 0n;
  let to = big(count);
  while (from < to) {
    const middle = (from + to) / 2n;
    const place = stepped(base, middle * big(size));
    const found = yield* order(thread, compare, key, place);
    if (found === 0n) return place;
    if (found < 0n) to = middle;
    else from = middle + 1n;
  }
  return 0n;
}

export const sortingFunctions: ReadonlyMap<string, External> = externals({
  qsort: qsort as ByHand,
  bsearch: bsearch as ByHand,
});
