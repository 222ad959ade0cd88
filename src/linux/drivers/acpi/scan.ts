import { read, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  EPROBE_DEFER,
  ERR_PTR,
  type ErrPtr,
  type errno,
  errnoName,
  IS_ERR,
} from '../../include/linux/errno.ts';
import type { acpi_device, fwnode_handle } from '../../include/linux/fwnode.ts';
import type { iommu_ops } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';

/** @linux include/linux/property.h dev_dma_attr */
export type dev_dma_attr = 'not-supported' | 'non-coherent' | 'coherent';

/** Arm demands that firmware says whether DMA is coherent. @linux drivers/acpi/scan.c acpi_get_dma_attr */
export function dmaAttribute(k: kernel, { cca }: acpi_device): dev_dma_attr {
  if (cca === null) return k.config.CONFIG_ACPI_CCA_REQUIRED ? 'not-supported' : 'coherent';
  return cca ? 'coherent' : 'non-coherent';
}

/**
 * Prepare a device for DMA by ACPI. No error of the IOMMU path but deferral gets past here.
 *
 * @linux drivers/acpi/scan.c acpi_dma_configure_id
 */
export function* acpi_dma_configure_id(
  k: kernel,
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
  yield* k.arch_setup_dma_ops(dev, IS_ERR(iommu) ? null : iommu);
  return 0;
}

/**
 * Find the IOMMU in IORT, else in VIOT, and probe the device. Nothing here holds a lock, and the
 * fwspec stays in place on every error.
 *
 * @linux drivers/acpi/scan.c acpi_iommu_configure_id
 */
export function* acpi_iommu_configure_id(
  k: kernel,
  dev: device,
  id_in: number | null,
): Task<iommu_ops | ErrPtr | null> {
  const ops = yield* k.acpi_iommu_fwspec_ops(dev);
  if (ops !== null) return ops; // whether or not probing had worked
  let err = yield* k.parseAcpiTables(dev, id_in);
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err === -EPROBE_DEFER) return ERR_PTR(err);
  if (err) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return null;
  }
  return yield* k.acpi_iommu_fwspec_ops(dev);
}

/** The whole parse. Whatever IORT says but "yes" and "not yet", VIOT is asked. */
export function* parseAcpiTables(k: kernel, dev: device, id_in: number | null): Task<errno> {
  const err = yield* k.iort_iommu_configure_id(dev, id_in);
  return err && err !== -EPROBE_DEFER ? yield* k.viot_iommu_configure(dev) : err;
}

/** @linux drivers/acpi/scan.c acpi_iommu_fwspec_init */
export function* acpi_iommu_fwspec_init(
  k: kernel,
  dev: device,
  id: number,
  fwnode: fwnode_handle,
  ops: iommu_ops,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_init(dev, fwnode, ops);
  return ret ? ret : yield* k.iommu_fwspec_add_ids(dev, [id]);
}

/** @linux drivers/acpi/scan.c acpi_iommu_fwspec_ops */
export function* acpi_iommu_fwspec_ops(k: kernel, dev: device): Task<iommu_ops | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  return fwspec === null ? null : yield* read(fwspec.ops);
}
