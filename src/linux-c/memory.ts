import type { Task } from '../explore/index.ts';
import { big, type Scalar, type Thread } from '../llvm/index.ts';
import type { ByHand } from './by-hand.ts';

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

/** A text whose characters nobody looks at. */
function* kasprintf(thread: Thread): Task<Scalar> {
  return yield* thread.memory.allocate(16, true);
}

/** Memory from the slab allocator. */
export const memory: Readonly<Record<string, ByHand>> = {
  __kmalloc: kmalloc as ByHand,
  __kmalloc_noprof: kmalloc as ByHand,
  kmalloc_large: kmalloc as ByHand,
  kmalloc_trace: fromCache as ByHand,
  __kmalloc_cache_noprof: fromCache as ByHand,
  krealloc: krealloc as ByHand,
  krealloc_noprof: krealloc as ByHand,
  kasprintf: kasprintf as ByHand,
  kfree: kfree as ByHand,
  kfree_const: kfree as ByHand,
};
