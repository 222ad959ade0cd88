// Says -ENODEV instead of 1 where there is no IOMMU, and probes without asking whether the device is
// on a bus, because a description that could be read means that there is an IOMMU.

import { read, type Task } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  base,
  type device,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type kernel,
  NO_IOMMU,
  type of_phandle_args,
  type Patch,
} from '../../linux/index.ts';

/** The same with another number for "no IOMMU". @linux drivers/iommu/of_iommu.c of_iommu_xlate */
function* of_iommu_xlate(k: kernel, dev: device, iommu_spec: of_phandle_args | null): Task<errno> {
  const err = yield* base.functions.of_iommu_xlate(k, dev, iommu_spec);
  return err === NO_IOMMU ? -ENODEV : err;
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev_id */
function* of_iommu_configure_dev_id(
  k: kernel,
  master_np: FdtNode,
  dev: device,
  id: number,
): Task<errno> {
  return yield* k.xlateMapped(dev, master_np, id, -ENODEV, (spec) => k.of_iommu_xlate(dev, spec));
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev */
function* of_iommu_configure_dev(k: kernel, master_np: FdtNode, dev: device): Task<errno> {
  return yield* k.xlateEach(dev, master_np, -ENODEV, (spec) => k.of_iommu_xlate(dev, spec));
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure */
function* of_iommu_configure(
  k: kernel,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<errno> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (master_np === null) return -ENODEV;
  if (fwspec !== null) {
    if ((yield* read(fwspec.ops)) !== null) return 0;
    yield* k.iommu_fwspec_free(dev);
  }
  let err = yield* k.parseIommus(dev, master_np, id);
  if (err === -ENODEV || err === -EPROBE_DEFER) return err;
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err) k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  return err;
}

export const patch: Patch = {
  subject: 'iommu/of: Use -ENODEV consistently in of_iommu_configure()',
  replaces: { of_iommu_xlate, of_iommu_configure_dev_id, of_iommu_configure_dev },
  changes: { of_iommu_configure },
};
