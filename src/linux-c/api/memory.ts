import type { Task } from '../../explore/index.ts';
import { big, Pointer, type Scalar, type Thread, Variable } from '../../llvm/index.ts';
import type { ByHand, ByName } from '../by-hand.ts';
import { textAt } from './strings.ts';

/** The same in v6.1, v6.12 and v7.3. */
const __GFP_ZERO = 0x100;

/** What an allocation of no bytes is. */
const ZERO_SIZE_PTR = 16n;

function isNothing(pointer: Scalar): boolean {
  return !(pointer instanceof Pointer) && [0n, ZERO_SIZE_PTR].includes(big(pointer));
}

function* kmalloc(thread: Thread, size: Scalar, flags: Scalar): Task<Scalar> {
  if (big(size) === 0n) return ZERO_SIZE_PTR;
  const isZeroed = (Number(big(flags)) & __GFP_ZERO) !== 0;
  return yield* thread.memory.allocate(Number(big(size)), isZeroed);
}

/** The slab that it is from is of no interest. */
function* fromCache(thread: Thread, _cache: Scalar, flags: Scalar, size: Scalar): Task<Scalar> {
  return yield* kmalloc(thread, size, flags);
}

/** NULL is freed without harm, and an error pointer is not. */
function* kfree(thread: Thread, pointer: Scalar): Task<Scalar> {
  if (!isNothing(pointer)) yield* thread.memory.free(pointer);
  return 0;
}

/** Nobody frees a text that is in the kernel's image. */
function* kfree_const(thread: Thread, pointer: Scalar): Task<Scalar> {
  return isConstant(pointer) ? 0 : yield* kfree(thread, pointer);
}

function isConstant(pointer: Scalar): boolean {
  return (
    pointer instanceof Pointer && pointer.memory instanceof Variable && pointer.memory.isConstant
  );
}

/** Freed at once, without waiting for readers: there are none, since `__rcu_read_lock()` is an error here. */
function* kvfree_call_rcu(thread: Thread, _head: Scalar, pointer: Scalar): Task<Scalar> {
  return yield* kfree(thread, pointer);
}

/** What it may do: whether there is room behind what is there is up to the slab. */
function* krealloc(thread: Thread, old: Scalar, size: Scalar, flags: Scalar): Task<Scalar> {
  const { memory } = thread;
  const fresh = yield* kmalloc(thread, size, flags);
  if (big(fresh) === 0n) return fresh;
  if (!isNothing(old) && fresh instanceof Pointer)
    yield* memory.copy(fresh, old, Math.min(Number(big(size)), memory.sizeOf(old)));
  yield* kfree(thread, old);
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

/** A text of its own; NULL of NULL. */
function* kstrdup(thread: Thread, from: Scalar): Task<Scalar> {
  return yield* duplicate(thread, from, Number.POSITIVE_INFINITY);
}

function* kstrdup_const(thread: Thread, from: Scalar): Task<Scalar> {
  return isConstant(from) ? from : yield* kstrdup(thread, from);
}

/** The same of the first characters. */
function* kstrndup(thread: Thread, from: Scalar, most: Scalar): Task<Scalar> {
  return yield* duplicate(thread, from, Number(big(most)));
}

function* duplicate(thread: Thread, from: Scalar, most: number): Task<Scalar> {
  if (big(from) === 0n) return 0n;
  const text = yield* textAt(thread, from, most);
  const fresh = yield* thread.memory.allocate(text.length + 1, true);
  if (!(fresh instanceof Pointer)) return fresh;
  for (let i = 0; i < text.length; i++)
    yield* thread.memory.store(fresh.memory.at(fresh.offset + i), 1, text.charCodeAt(i));
  return fresh;
}

/** `kmemdup()` */
function* copied(thread: Thread, from: Scalar, size: Scalar, flags: Scalar): Task<Scalar> {
  const fresh = yield* kmalloc(thread, size, flags);
  if (big(fresh) !== 0n) yield* thread.memory.copy(fresh, from, Number(big(size)));
  return fresh;
}

function* copiedArray(
  thread: Thread,
  from: Scalar,
  count: Scalar,
  size: Scalar,
  flags: Scalar,
): Task<Scalar> {
  return yield* copied(thread, from, big(count) * big(size), flags);
}

/** Since v6.10 names say so where allocations can be profiled; since v7.0 some begin with `_`. */
function* named(): Generator<[string, ByHand]> {
  const by: readonly (readonly [ByHand, readonly string[]])[] = [
    [kmalloc as ByHand, ['__kmalloc', '_kmalloc', 'kmalloc_large', '__kmalloc_large']],
    [fromCache as ByHand, ['kmalloc_trace', '__kmalloc_cache']],
    [krealloc as ByHand, ['krealloc']],
    [copied as ByHand, ['kmemdup']],
    [copiedArray as ByHand, ['kmemdup_array']],
    [kasprintf as ByHand, ['kasprintf']],
    [kstrdup as ByHand, ['kstrdup']],
    [kstrdup_const as ByHand, ['kstrdup_const']],
    [kstrndup as ByHand, ['kstrndup']],
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
  kfree: kfree as ByHand,
  kfree_const: kfree_const as ByHand,
  kvfree: kfree as ByHand,
  kvfree_call_rcu: kvfree_call_rcu as ByHand,
};
