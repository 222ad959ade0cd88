// Memory contexts of Tegra's host1x: devices that stand for IDs, on a bus without drivers.

import { field, read, type Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { EINVAL, type errno } from '../../../include/linux/errno.ts';
import type { kernel } from '../../../kernel.ts';

/** The bus has no such function: nobody reads firmware when a context is added. @linux drivers/gpu/host1x/context_bus.c host1x_context_device_bus_type */
export function* host1x_context_dma_configure(_k: kernel, _dev: device): Task<errno> {
  return 0;
}

/** Nor one that tidies up. @linux drivers/gpu/host1x/context_bus.c host1x_context_device_bus_type */
export function* host1x_context_dma_cleanup(_k: kernel, _dev: device): Task {}

/** Its own IOMMU has to know it, by one ID. `tegra_dev_iommu_get_stream_id()`, `device_iommu_mapped()`. */
export function* contextIsMapped(k: kernel, dev: device): Task<boolean> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) return false;
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids'));
  return num_ids === 1 && (yield* read(dev.iommu_group)) !== null;
}

/**
 * One context after the other; where one cannot be had, all go, and so does host1x.
 *
 * @linux drivers/gpu/host1x/context.c host1x_memory_context_list_init
 */
export function* host1x_memory_context_list_init(
  k: kernel,
  host: device,
  contexts: readonly device[],
): Task<errno> {
  for (const [i, dev] of contexts.entries()) {
    yield* k.device_add(dev);
    let err = yield* k.of_dma_configure_id(dev, host.of_node, i);
    if (err) k.dev_err(host, `IOMMU configuration failed for context device ${i}`);
    else if (!(yield* k.contextIsMapped(dev))) {
      k.dev_err(host, `Context device ${i} has no IOMMU!`);
      err = yield* k.contextWithoutIommu();
    } else continue;
    for (const added of contexts.slice(0, i + 1).reverse()) yield* k.device_del(added);
    return err;
  }
  return 0;
}

/** What a context without an IOMMU is to the probe of host1x. */
export function* contextWithoutIommu(_k: kernel): Task<errno> {
  return -EINVAL;
}
