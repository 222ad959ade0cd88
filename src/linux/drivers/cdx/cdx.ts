// Devices that a controller of AMD lists, each with the ID by which firmware maps it.

import { read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';
import { claimGroup } from '../base/claim.ts';

/**
 * What is to wait does not: the driver then binds to a device without its IOMMU. Nor does it fail where
 * its group is claimed by somebody else.
 *
 * @linux drivers/cdx/cdx.c cdx_dma_configure
 */
export function* cdx_dma_configure(k: kernel, dev: device): Task<errno> {
  const ret = yield* k.of_dma_configure_id(dev, dev.dma_node, dev.dma_id);
  if (ret && ret !== -EPROBE_DEFER) return ret;
  const drv = yield* read(dev.driver);
  if (!ret && drv?.driver_managed_dma !== true) yield* claimGroup(k, dev);
  return 0;
}

/** @linux drivers/cdx/cdx.c cdx_dma_cleanup */
export function* cdx_dma_cleanup(k: kernel, dev: device): Task {
  const drv = yield* read(dev.driver);
  if (drv?.driver_managed_dma !== true) yield* k.iommu_device_unuse_default_domain(dev);
}
