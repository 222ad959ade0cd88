import type { Task } from '../../explore/index.ts';
import { big, type Scalar, type Thread } from '../../llvm/index.ts';
import { type ByHand, type ByName, EINVAL, errno, returning } from '../by-hand.ts';

/** Memory that a device reads, too. */
function* allocate(thread: Thread, _dev: Scalar, size: Scalar): Task<Scalar> {
  return yield* thread.memory.allocate(Number(big(size)), true);
}

function* free(thread: Thread, _dev: Scalar, _size: Scalar, at: Scalar): Task<Scalar> {
  yield* thread.memory.free(at);
  return 0;
}

/** What drivers ask of hardware and of firmware besides their own registers. */
export const hardware: ByName = {
  dma_alloc_attrs: allocate as ByHand,
  dma_free_attrs: free as ByHand,
  free_io_pgtable_ops: returning(0),
  // No regions are reserved.
  iommu_dma_get_resv_regions: returning(0),
  // There are no such properties.
  device_property_present: returning(0),
  device_property_read_u32: returning(errno(EINVAL)),
};
