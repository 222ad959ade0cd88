// Makes of_iommu_configure() return an error number, -ENODEV where there is no IOMMU, and claims that
// nobody needed the ops.

import { read, type Task } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  type device,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import type { arch_setup_dma_ops } from './0001-iommu-Remove-struct-iommu_ops-iommu-from-arch_setup_.ts';

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
    yield* k.iommu_fwspec_free(dev); // deferred before: start again
  }
  let err = yield* k.parseIommus(dev, master_np, id);
  const ops = err ? null : yield* k.fwspecOps(dev);
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err < 0) {
    if (err !== -EPROBE_DEFER) k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return err;
  }
  return ops === null ? -ENODEV : 0;
}

const changes = { of_iommu_configure };

type Kernel = Patched<typeof changes & { readonly arch_setup_dma_ops: typeof arch_setup_dma_ops }>;

/**
 * Errors other than deferral are now told, and still do not keep the driver from probing.
 *
 * @linux drivers/of/device.c of_dma_configure_id
 */
function* of_dma_configure_id(
  k: Kernel,
  dev: device,
  np: FdtNode | null,
  id: number | null,
): Task<errno> {
  const ret = yield* k.of_iommu_configure(dev, np, id);
  if (ret === -EPROBE_DEFER) return ret;
  if (ret === -ENODEV) k.dev_dbg(dev, 'device is not behind an iommu');
  else if (ret) k.dev_err(dev, `its IOMMU cannot be configured: ${errnoName(ret)}`);
  else k.dev_dbg(dev, 'device is behind an iommu');
  yield* k.arch_setup_dma_ops(dev);
  if (ret) yield* k.of_dma_set_restricted_buffer(dev, np);
  return 0;
}

function* noDevice(): Task<errno> {
  return -ENODEV;
}

const stub = { of_iommu_configure: noDevice };

export const patch: Patch = {
  subject: 'iommmu/of: Do not return struct iommu_ops from of_iommu_configure()',
  changes: { ...changes, of_dma_configure_id },
  stubs: { CONFIG_OF_IOMMU: stub, CONFIG_IOMMU_API: stub },
};
