import type { Task } from '../../../explore/index.ts';
import { big, binary, isSame, Pointer, type Scalar, type Thread } from '../../../llvm/index.ts';
import type { ByHand } from '../../by-hand.ts';

// Below these names architectures write assembler text; what the kernel makes of them is C. All are taken to
// be sequentially consistent.

const orders = ['', '_relaxed', '_acquire', '_release'];
const operators = { add: 'add', sub: 'sub', and: 'and', or: 'or', xor: 'xor', andnot: 'andnot' };

function combined(operator: string, bits: number, value: Scalar, by: Scalar): Scalar {
  if (operator !== 'andnot') return binary(operator, bits, value, by) as Scalar;
  const ones = bits === 64 ? 2n ** 64n - 1n : 2 ** bits - 1;
  return binary('and', bits, value, binary('xor', bits, by, ones) as Scalar) as Scalar;
}

/**
 * `atomic_add(i, v)` and its like, by what they return. x86 has more of them in assembler text than others: elsewhere
 * `atomic_inc(v)` is C that calls `atomic_add()`.
 */
function* readModifyWrites(prefix: string, size: 4 | 8): Generator<[string, ByHand]> {
  const bits = 8 * size;
  for (const operator of Object.keys(operators)) {
    const change = (value: Scalar, by: Scalar): Scalar => combined(operator, bits, value, by);
    function* fetch(thread: Thread, by: Scalar, place: Scalar): Task<Scalar> {
      return yield* thread.memory.update(place, size, by, change);
    }
    function* andReturn(thread: Thread, by: Scalar, place: Scalar): Task<Scalar> {
      return change(yield* fetch(thread, by, place), by);
    }
    yield [`${prefix}_${operator}`, fetch as ByHand];
    for (const order of orders) {
      yield [`${prefix}_fetch_${operator}${order}`, fetch as ByHand];
      yield [`${prefix}_${operator}_return${order}`, andReturn as ByHand];
    }
    if (operator !== 'add' && operator !== 'sub') continue;
    const one = size === 8 ? 1n : 1;
    function* andTest(thread: Thread, by: Scalar, place: Scalar): Task<Scalar> {
      return isSame(yield* andReturn(thread, by, place), size === 8 ? 0n : 0) ? 1 : 0;
    }
    const step = operator === 'add' ? 'inc' : 'dec';
    yield [`${prefix}_${operator}_and_test`, andTest as ByHand];
    yield [`${prefix}_${step}`, ((thread, place) => fetch(thread, one, place as Scalar)) as ByHand];
    yield [
      `${prefix}_${step}_and_test`,
      ((thread, place) => andTest(thread, one, place as Scalar)) as ByHand,
    ];
  }
}

/** Values are of 64 bits in the prototypes, whatever is in memory. */
function* exchanges(): Generator<[string, ByHand]> {
  for (const size of [1, 2, 4, 8]) {
    const held = (value: Scalar): Scalar => {
      if (size === 8 || value instanceof Pointer) return value;
      return Number(BigInt.asUintN(8 * size, big(value)));
    };
    function* cmpxchg(thread: Thread, place: Scalar, old: Scalar, next: Scalar): Task<Scalar> {
      return yield* thread.memory.exchange(place, size, held(old), held(next));
    }
    function* xchg(thread: Thread, next: Scalar, place: Scalar): Task<Scalar> {
      return yield* thread.memory.update(place, size, held(next), (_old, value) => value);
    }
    for (const order of ['', 'acq_', 'rel_', 'mb_']) {
      yield [`__cmpxchg_case_${order}${8 * size}`, cmpxchg as ByHand];
      yield [`__xchg_case_${order}${8 * size}`, xchg as ByHand];
    }
  }
}

/** Atomic counters and bits, by the names that architectures implement. */
export const atomics: Readonly<Record<string, ByHand>> = Object.fromEntries([
  ...readModifyWrites('arch_atomic', 4),
  ...readModifyWrites('arch_atomic64', 8),
  ...exchanges(),
]);
