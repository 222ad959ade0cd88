import type { Task } from '../../explore/index.ts';
import { big, Pointer, type Scalar, type Thread } from '../../llvm/index.ts';
import { type ByHand, type ByName, EINVAL, errno, returning } from '../by-hand.ts';
import type { Structs } from '../structs.ts';

/** Memory that a device reads, too. */
function* allocate(thread: Thread, _dev: Scalar, size: Scalar): Task<Scalar> {
  return yield* thread.memory.allocate(Number(big(size)), true);
}

function* free(thread: Thread, _dev: Scalar, _size: Scalar, at: Scalar): Task<Scalar> {
  yield* thread.memory.free(at);
  return 0;
}

/** Elements of an array change places value by value: C does it in words, whatever is in them. */
function* swap(thread: Thread, a: Scalar, b: Scalar, size: Scalar): Task<Scalar> {
  const { memory } = thread;
  const bytes = Number(big(size));
  const between = memory.variable('swapped', bytes, null).at(0);
  yield* memory.copy(between, a, bytes);
  yield* memory.copy(a, b, bytes);
  yield* memory.copy(b, between, bytes);
  return 0;
}

/** The first bit that is set from a place on; the size where there is none. */
function* findBit(thread: Thread, map: Scalar, size: Scalar, from: Scalar = 0n): Task<Scalar> {
  const bits = big(size);
  let word = -1n;
  let value = 0n;
  for (let bit = big(from); bit < bits; bit++) {
    if (bit / 64n !== word) {
      word = bit / 64n;
      value = big(yield* thread.memory.load(at(map, Number(8n * word)), 8));
    }
    if ((value >> (bit % 64n)) & 1n) return bit;
  }
  return bits;
}

function at(pointer: Scalar, bytes: number): Scalar {
  return pointer instanceof Pointer ? pointer.memory.at(pointer.offset + bytes) : pointer;
}

/** What drivers ask of hardware, of power and of firmware besides their own registers. */
export function hardware(structs: Structs): ByName {
  return {
    dma_alloc_attrs: allocate as ByHand,
    dma_free_attrs: free as ByHand,
    // of lib/sort.c
    swap_bytes: swap as ByHand,
    swap_words_32: swap as ByHand,
    swap_words_64: swap as ByHand,
    _find_first_bit: findBit as ByHand,
    _find_next_bit: findBit as ByHand,
    // Page tables that nobody maps anything in.
    *alloc_io_pgtable_ops(thread) {
      return yield* thread.memory.allocate(structs.size('io_pgtable_ops'), true);
    },
    *free_io_pgtable_ops(thread, ops = 0n) {
      yield* thread.memory.free(ops);
      return 0;
    },
    // No regions are reserved, and nothing was mapped.
    iommu_dma_get_resv_regions: returning(0),
    interval_tree_iter_first: returning(0n),
    // There are no such properties.
    device_property_present: returning(0),
    device_property_read_u32: returning(errno(EINVAL)),
    of_property_read_variable_u32_array: returning(errno(EINVAL)),
    *dev_err_probe(_thread, _dev = 0n, error = 0n) {
      return error;
    },
    // Links between devices are for power.
    device_link_add: returning(0n),
    __pm_runtime_resume: returning(0),
    __pm_runtime_suspend: returning(0),
    __pm_runtime_use_autosuspend: returning(0),
    ktime_get_mono_fast_ns: returning(0n),
    pm_runtime_set_autosuspend_delay: returning(0),
  };
}
