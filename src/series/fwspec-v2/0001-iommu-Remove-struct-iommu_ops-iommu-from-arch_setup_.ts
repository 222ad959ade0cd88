// Lets the architecture ask whether the device is in a group instead of being told which IOMMU was
// configured, and claims that the two come to the same.

import { type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  type dev_dma_attr,
  type device,
  EPROBE_DEFER,
  type errno,
  IS_ERR,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';

/**
 * A group is there as soon as some bus walk has probed the device, whatever became of the parse.
 *
 * @linux include/linux/dma-map-ops.h arch_setup_dma_ops
 */
export function* arch_setup_dma_ops(k: kernel, dev: device, coherent?: boolean): Task {
  yield* k.setupDmaOps(dev, () => k.device_iommu_mapped(dev), coherent);
}

const changes = { arch_setup_dma_ops };

/** @linux drivers/of/device.c of_dma_configure_id */
function* of_dma_configure_id(
  k: Patched<typeof changes>,
  dev: device,
  np: FdtNode | null,
  id: number | null,
): Task<errno> {
  const iommu = yield* k.of_iommu_configure(dev, np, id);
  if (IS_ERR(iommu) && iommu.error === -EPROBE_DEFER) return -EPROBE_DEFER;
  k.dev_dbg(dev, `device is${iommu === null ? ' not ' : ' '}behind an iommu`);
  yield* k.arch_setup_dma_ops(dev);
  if (iommu === null) yield* k.of_dma_set_restricted_buffer(dev, np);
  return 0;
}

/** @linux drivers/acpi/scan.c acpi_dma_configure_id */
function* acpi_dma_configure_id(
  k: Patched<typeof changes>,
  dev: device,
  attr: dev_dma_attr,
  input_id: number | null,
): Task<errno> {
  if (attr === 'not-supported') {
    yield* write(dev.dma_ops, 'dma_dummy_ops');
    return 0;
  }
  const iommu = yield* k.acpi_iommu_configure_id(dev, input_id);
  if (IS_ERR(iommu) && iommu.error === -EPROBE_DEFER) return -EPROBE_DEFER;
  yield* k.arch_setup_dma_ops(dev);
  return 0;
}

/** @linux drivers/hv/hv_common.c hv_setup_dma_ops */
function* hv_setup_dma_ops(k: Patched<typeof changes>, dev: device, coherent: boolean): Task {
  yield* k.arch_setup_dma_ops(dev, coherent);
}

export const patch: Patch = {
  subject: 'iommu: Remove struct iommu_ops *iommu from arch_setup_dma_ops()',
  changes: { ...changes, of_dma_configure_id, acpi_dma_configure_id, hv_setup_dma_ops },
};
