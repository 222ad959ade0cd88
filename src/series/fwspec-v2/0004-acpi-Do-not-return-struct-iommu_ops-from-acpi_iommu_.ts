// Makes acpi_iommu_configure_id() return an error number, -ENODEV for every error but deferral, and
// claims that nobody needed the ops.

import { type Task, write } from '../../explore/index.ts';
import {
  type dev_dma_attr,
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

/** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
function* acpi_iommu_configure_id(k: kernel, dev: device, id_in: number | null): Task<errno> {
  if ((yield* k.acpi_iommu_fwspec_ops(dev)) !== null) return 0;
  let err = yield* k.parseAcpiTables(dev, id_in);
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err === -EPROBE_DEFER) return err;
  if (err) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return -ENODEV;
  }
  return (yield* k.acpi_iommu_fwspec_ops(dev)) === null ? -ENODEV : 0;
}

const changes = { acpi_iommu_configure_id };

type Kernel = Patched<typeof changes & { readonly arch_setup_dma_ops: typeof arch_setup_dma_ops }>;

/** @linux drivers/acpi/scan.c acpi_dma_configure_id */
function* acpi_dma_configure_id(
  k: Kernel,
  dev: device,
  attr: dev_dma_attr,
  input_id: number | null,
): Task<errno> {
  if (attr === 'not-supported') {
    yield* write(dev.dma_ops, 'dma_dummy_ops');
    return 0;
  }
  const ret = yield* k.acpi_iommu_configure_id(dev, input_id);
  if (ret === -EPROBE_DEFER) return ret;
  yield* k.arch_setup_dma_ops(dev);
  return 0;
}

/** As posted, the stub still returns a pointer, NULL: as a number that says "configured". */
function* configured(): Task<errno> {
  return 0;
}

export const patch: Patch = {
  subject: 'acpi: Do not return struct iommu_ops from acpi_iommu_configure_id()',
  changes: { ...changes, acpi_dma_configure_id },
  stubs: { CONFIG_IOMMU_API: { acpi_iommu_configure_id: configured } },
};
