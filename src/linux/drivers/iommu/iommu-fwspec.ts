import { read, type Task, write } from '../../../explore/index.ts';
import type { DriverName } from '../../design.ts';
import type { device } from '../../include/linux/device.ts';
import { EINVAL, ENOMEM, type errno } from '../../include/linux/errno.ts';
import { type fwnode_handle, to_of_node } from '../../include/linux/fwnode.ts';
import { iommu_fwspec, type iommu_ops } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { slabSize } from '../../mm/slab.ts';

/**
 * Start the description of a device's IOMMU in `dev->iommu->fwspec`. `ops` is NULL in a placeholder
 * for an IOMMU that has not registered; a second IOMMU must bring the same `ops` as the first, and
 * one that has not registered brings NULL.
 *
 * @linux drivers/iommu/iommu.c iommu_fwspec_init
 */
export function* iommu_fwspec_init(
  k: kernel,
  dev: device,
  iommu_fwnode: fwnode_handle,
  ops: iommu_ops | null,
): Task<errno> {
  const known = yield* k.dev_iommu_fwspec_get(dev);
  if (known !== null) return ops === (yield* read(known.ops)) ? 0 : -EINVAL;
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  const fwspec = yield* k.kzallocFwspec();
  if (fwspec === null) return -ENOMEM;
  yield* k.of_node_get(to_of_node(iommu_fwnode));
  yield* write(fwspec.iommu_fwnode, iommu_fwnode);
  yield* write(fwspec.ops, ops);
  yield* k.dev_iommu_fwspec_set(dev, fwspec);
  return 0;
}

/** With room for one id. */
export function* kzallocFwspec(k: kernel): Task<iommu_fwspec | null> {
  return yield* k.kzalloc(iommu_fwspec);
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_free */
export function* iommu_fwspec_free(k: kernel, dev: device): Task {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return;
  yield* k.fwnode_handle_put(yield* read(fwspec.iommu_fwnode));
  yield* k.kfree(fwspec);
  yield* k.dev_iommu_fwspec_set(dev, null);
}

/** The fwspec that a driver's `probe_device` goes by: none when it is for another driver. */
export function* ownFwspec(k: kernel, dev: device, driver: DriverName): Task<iommu_fwspec | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return null;
  return (yield* read(fwspec.ops)) === k.opsOf(driver) ? fwspec : null;
}

/** Bytes of an id. */
const idSize = 4;

/**
 * Append ids. The ids lie in the tail of the fwspec, so making room moves the whole object when its
 * slab is full, and everybody else's pointer to it dangles. Does not look for duplicates.
 *
 * @linux drivers/iommu/iommu.c iommu_fwspec_add_ids
 */
export function* iommu_fwspec_add_ids(k: kernel, dev: device, ids: readonly number[]): Task<errno> {
  let fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return -EINVAL;
  const new_num = (yield* read(fwspec.num_ids)) + ids.length;
  if (new_num > 1) {
    const moved = yield* k.kreallocFwspec(fwspec, new_num);
    if (moved === null) return -ENOMEM;
    fwspec = moved;
    yield* k.dev_iommu_fwspec_set(dev, fwspec);
  }
  yield* write(fwspec.ids, (yield* read(fwspec.ids)).with(ids));
  yield* write(fwspec.num_ids, new_num);
  return 0;
}

/** `krealloc`: the object itself while it fits its slab, else a copy of it. */
export function* kreallocFwspec(
  k: kernel,
  fwspec: iommu_fwspec,
  new_num: number,
): Task<iommu_fwspec | null> {
  return yield* k.reallocBehind(24, fwspec, new_num);
}

/** @param headSize the bytes of `struct iommu_fwspec` before its ids, on a 64-bit kernel */
export function* reallocBehind(
  k: kernel,
  headSize: number,
  fwspec: iommu_fwspec,
  new_num: number,
): Task<iommu_fwspec | null> {
  const num_ids = yield* read(fwspec.num_ids);
  const size = (ids: number): number => headSize + ids * idSize;
  if (slabSize(size(Math.max(1, num_ids))) >= size(new_num)) return fwspec;
  const moved = yield* k.kzallocFwspec();
  if (moved === null) return null;
  yield* write(moved.ops, yield* read(fwspec.ops));
  yield* write(moved.iommu_fwnode, yield* read(fwspec.iommu_fwnode));
  yield* write(moved.flags, yield* read(fwspec.flags));
  yield* write(moved.ids, yield* read(fwspec.ids));
  yield* write(moved.num_ids, num_ids);
  yield* k.kfree(fwspec);
  return moved;
}
