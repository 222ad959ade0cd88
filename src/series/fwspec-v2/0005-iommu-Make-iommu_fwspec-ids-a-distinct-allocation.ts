// Gives the IDs of a fwspec an allocation of their own when there are several, so that the fwspec
// does not move any more, and claims that this changes nothing but the layout.

import { type Cell, read, Struct, type Task, write } from '../../explore/index.ts';
import {
  iommu_fwspec as base_fwspec,
  type device,
  EINVAL,
  ENOMEM,
  type errno,
  type kernel,
  type Patch,
  slabSize,
} from '../../linux/index.ts';
import { Sequence } from '../../util/index.ts';

/** The array that `ids` points to, unless it points to `single_id`. */
export class fwspec_ids extends Struct {
  readonly length: Cell<number> = this.cell('length', 0);
}

/** @linux include/linux/iommu.h iommu_fwspec */
export class iommu_fwspec extends base_fwspec {
  readonly ids_array: Cell<fwspec_ids | null> = this.cell<fwspec_ids | null>('ids array', null);
}

/** Nobody who frees a fwspec frees the array. */
function* kzallocFwspec(k: kernel): Task<iommu_fwspec | null> {
  return yield* k.kzalloc<iommu_fwspec>(iommu_fwspec);
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_add_ids */
function* iommu_fwspec_add_ids(k: kernel, dev: device, ids: readonly number[]): Task<errno> {
  const fwspec = (yield* k.dev_iommu_fwspec_get(dev)) as iommu_fwspec | null;
  return fwspec === null ? -EINVAL : yield* appendIds(k, fwspec, ids);
}

/**
 * The new array is kept in the variable that held the IDs to be added, and the loop then copies the
 * array to itself. As `single_id` is not copied either, a second ID makes all of them 0.
 */
export function* appendIds(k: kernel, fwspec: iommu_fwspec, added: readonly number[]): Task<errno> {
  const num_ids = yield* read(fwspec.num_ids);
  const new_num = num_ids + added.length;
  const array = yield* read(fwspec.ids_array);
  let ids = added;
  let stored: number[] = [...(yield* read(fwspec.ids))];
  if (new_num <= 1) {
    yield* k.kfree(array);
    yield* write(fwspec.ids_array, null);
  } else if (new_num > num_ids) {
    const grown = yield* krealloc_array(k, array, new_num);
    if (grown === null) return -ENOMEM;
    yield* write(fwspec.ids_array, grown);
    stored = Array.from({ length: new_num }, (_, i) => (array === null ? 0 : (stored[i] ?? 0)));
    yield* write(fwspec.ids, Sequence.of(stored));
    ids = stored;
  }
  for (let i = 0; i < added.length; i++) stored[num_ids + i] = ids[i] ?? 0;
  yield* write(fwspec.ids, Sequence.of(stored));
  yield* write(fwspec.num_ids, new_num);
  return 0;
}

/** @linux include/linux/slab.h krealloc_array */
export function* krealloc_array(
  k: kernel,
  array: fwspec_ids | null,
  length: number,
): Task<fwspec_ids | null> {
  if (array !== null && slabSize(4 * (yield* read(array.length))) >= 4 * length) {
    yield* write(array.length, length);
    return array;
  }
  const moved = yield* k.kzalloc(fwspec_ids);
  if (moved === null) return null;
  yield* write(moved.length, length);
  yield* k.kfree(array);
  return moved;
}

export const patch: Patch = {
  subject: 'iommu: Make iommu_fwspec->ids a distinct allocation',
  replaces: { kzallocFwspec, iommu_fwspec_add_ids },
  removes: ['kreallocFwspec', 'reallocBehind'],
};
