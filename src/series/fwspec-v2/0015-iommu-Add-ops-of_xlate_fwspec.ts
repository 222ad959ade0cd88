// Gives drivers that only add IDs a callback that takes the fwspec itself, and claims that these need
// neither dev->iommu nor the probe lock while firmware is read.

import { read, type Task } from '../../explore/index.ts';
import {
  armSmmuFirmwareId,
  type device,
  type errno,
  type fwnode_handle,
  indirect,
  type iommu_fwspec,
  type iommu_ops,
  type of_phandle_args,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import type { Kernel } from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import type { iommu_fwspec_append_ids } from './0009-iommu-Add-iommu_fwspec_append_ids.ts';
import { xlateLocked } from './0011-iommu-Hold-iommu_probe_device_lock-while-calling-ops.ts';

type WithIds = Patched<{ readonly iommu_fwspec_append_ids: typeof iommu_fwspec_append_ids }>;

/** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
function* iommu_fwspec_of_xlate(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
  iommu_spec: of_phandle_args,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  return ret ? ret : yield* ofXlate(k, fwspec, dev, iommu_spec);
}

/**
 * What follows when it is known whose fwspec it is.
 *
 * @param xlate what is done for a driver that has no such callback
 */
export function* ofXlate(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_spec: of_phandle_args,
  xlate: typeof xlateLocked = xlateLocked,
): Task<errno> {
  const of_xlate_fwspec = (yield* read(fwspec.ops))?.of_xlate_fwspec;
  yield* k.readOps();
  return of_xlate_fwspec === undefined
    ? yield* xlate(k, fwspec, dev, iommu_spec)
    : yield* indirect(k, of_xlate_fwspec, fwspec, dev, iommu_spec);
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_of_xlate_fwspec */
function* arm_smmu_of_xlate_fwspec(
  k: WithIds,
  fwspec: iommu_fwspec,
  _dev: device,
  { np, args }: of_phandle_args,
): Task<errno> {
  return yield* k.iommu_fwspec_append_ids(fwspec, [armSmmuFirmwareId(np, args)]);
}

/** The others take the first argument for the ID, also where the specifier has none. */
const others = {
  /** @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_of_xlate_fwspec */
  *arm_smmu_of_xlate_fwspec(
    k: WithIds,
    fwspec: iommu_fwspec,
    _dev: device,
    { args: [id = 0] }: of_phandle_args,
  ): Task<errno> {
    return yield* k.iommu_fwspec_append_ids(fwspec, [id]);
  },

  /** @linux drivers/iommu/virtio-iommu.c viommu_of_xlate_fwspec */
  *viommu_of_xlate_fwspec(
    k: WithIds,
    fwspec: iommu_fwspec,
    _dev: device,
    { args: [id = 0] }: of_phandle_args,
  ): Task<errno> {
    return yield* k.iommu_fwspec_append_ids(fwspec, [id]);
  },
};

function convert(
  ops: iommu_ops,
  of_xlate_fwspec: NonNullable<iommu_ops['of_xlate_fwspec']>,
): iommu_ops {
  const { of_xlate: _gone, ...rest } = ops;
  return { ...rest, of_xlate_fwspec };
}

export const patch: Patch = {
  subject: 'iommu: Add ops->of_xlate_fwspec()',
  changes: { iommu_fwspec_of_xlate },
  drivers: (drivers) => ({
    'arm-smmu': convert(drivers['arm-smmu'], arm_smmu_of_xlate_fwspec),
    'arm-smmu-v3': convert(drivers['arm-smmu-v3'], others.arm_smmu_of_xlate_fwspec),
    'virtio-iommu': convert(drivers['virtio-iommu'], others.viommu_of_xlate_fwspec),
  }),
};
