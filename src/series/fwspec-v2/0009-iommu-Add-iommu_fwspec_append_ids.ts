// Lets IDs be appended to a fwspec that is in no device yet, and claims nothing else.

import type { Task } from '../../explore/index.ts';
import {
  type device,
  EINVAL,
  type errno,
  type iommu_fwspec,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import {
  appendIds,
  type iommu_fwspec as fwspec_with_ids,
} from './0005-iommu-Make-iommu_fwspec-ids-a-distinct-allocation.ts';

/** @linux drivers/iommu/iommu.c iommu_fwspec_append_ids */
export function* iommu_fwspec_append_ids(
  k: kernel,
  fwspec: iommu_fwspec,
  ids: readonly number[],
): Task<errno> {
  return yield* appendIds(k, fwspec as fwspec_with_ids, ids);
}

const adds = { iommu_fwspec_append_ids };

/** @linux drivers/iommu/iommu.c iommu_fwspec_add_ids */
function* iommu_fwspec_add_ids(
  k: Patched<typeof adds>,
  dev: device,
  ids: readonly number[],
): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  return fwspec === null ? -EINVAL : yield* k.iommu_fwspec_append_ids(fwspec, ids);
}

export const patch: Patch = {
  subject: 'iommu: Add iommu_fwspec_append_ids()',
  adds,
  changes: { iommu_fwspec_add_ids },
};
