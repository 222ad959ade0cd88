import type { Task } from '../../explore/index.ts';
import { big, type Scalar, type Thread } from '../../llvm/index.ts';
import type { ByHand, ByName } from '../by-hand.ts';

/** `__GFP_ZERO` in v6.1 and v6.12. */
const __GFP_ZERO = 0x100;

function* kmalloc(thread: Thread, size: Scalar, flags: Scalar): Task<Scalar> {
  const isZeroed = (Number(big(flags)) & __GFP_ZERO) !== 0;
  return yield* thread.memory.allocate(Number(big(size)), isZeroed);
}

/** The slab that it is from is of no interest. */
function* fromCache(thread: Thread, _cache: Scalar, flags: Scalar, size: Scalar): Task<Scalar> {
  return yield* kmalloc(thread, size, flags);
}

/** NULL and error pointers are freed without harm. */
function* kfree(thread: Thread, pointer: Scalar): Task<Scalar> {
  yield* thread.memory.free(pointer);
  return 0;
}

function* krealloc(thread: Thread, old: Scalar, size: Scalar, flags: Scalar): Task<Scalar> {
  const { memory } = thread;
  const fresh = yield* kmalloc(thread, size, flags);
  if (fresh === 0n || big(old) === 0n) return fresh;
  yield* memory.copy(fresh, old, Math.min(Number(big(size)), memory.sizeOf(old)));
  yield* memory.free(old);
  return fresh;
}

/** The same with an alignment that every allocation has. */
function* reallocAligned(
  thread: Thread,
  old: Scalar,
  size: Scalar,
  _align: Scalar,
  flags: Scalar,
): Task<Scalar> {
  return yield* krealloc(thread, old, size, flags);
}

/** A text whose characters nobody looks at. */
function* kasprintf(thread: Thread): Task<Scalar> {
  return yield* thread.memory.allocate(16, true);
}

/** `kmemdup()` */
function* copied(thread: Thread, from: Scalar, size: Scalar, flags: Scalar): Task<Scalar> {
  const fresh = yield* kmalloc(thread, size, flags);
  if (big(fresh) !== 0n) yield* thread.memory.copy(fresh, from, Number(big(size)));
  return fresh;
}

/** Since v6.10 names say so where allocations can be profiled; since v7.0 some begin with `_`. */
function* named(): Generator<[string, ByHand]> {
  const by: readonly (readonly [ByHand, readonly string[]])[] = [
    [kmalloc as ByHand, ['__kmalloc', '_kmalloc', 'kmalloc_large', '__kmalloc_large']],
    [fromCache as ByHand, ['kmalloc_trace', '__kmalloc_cache']],
    [krealloc as ByHand, ['krealloc']],
    [copied as ByHand, ['kmemdup']],
  ];
  for (const [run, names] of by)
    for (const name of names) {
      yield [name, run];
      yield [`${name}_noprof`, run];
    }
}

/** Memory from the slab allocator. */
export const memory: ByName = {
  ...Object.fromEntries(named()),
  krealloc_node_align_noprof: reallocAligned as ByHand,
  kasprintf: kasprintf as ByHand,
  kstrdup: kasprintf as ByHand,
  kstrndup: kasprintf as ByHand,
  kfree: kfree as ByHand,
  kfree_const: kfree as ByHand,
};
