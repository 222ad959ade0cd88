import { read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';
import { dmaAttribute } from '../acpi/scan.ts';
import { claimGroup } from './claim.ts';

/**
 * What a bus tells the firmware path of a device. A PCI function's requester IDs come from the alias
 * walk, not from here.
 */
export function* configureByFirmware(k: kernel, dev: device): Task<errno> {
  if (dev.dma_node !== null) return yield* k.of_dma_configure_id(dev, dev.dma_node, null);
  if (dev.dma_companion === null) return 0;
  return yield* k.acpi_dma_configure_id(dev, dmaAttribute(k, dev.dma_companion), null);
}

/** What the buses' `dma_configure` have in common: firmware first, then a claim on the group. */
function* dmaConfigure(k: kernel, dev: device): Task<errno> {
  const ret = yield* k.configureByFirmware(dev);
  const drv = yield* read(dev.driver);
  return ret || drv?.driver_managed_dma === true ? ret : yield* claimGroup(k, dev);
}

function* dmaCleanup(k: kernel, dev: device): Task {
  const drv = yield* read(dev.driver);
  if (drv?.driver_managed_dma !== true) yield* k.iommu_device_unuse_default_domain(dev);
}

/** @linux drivers/base/platform.c platform_dma_configure */
export function* platform_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigure(k, dev);
}

/** @linux drivers/base/platform.c platform_dma_cleanup */
export function* platform_dma_cleanup(k: kernel, dev: device): Task {
  yield* dmaCleanup(k, dev);
}

/** @linux drivers/amba/bus.c amba_dma_configure */
export function* amba_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigure(k, dev);
}

/** @linux drivers/amba/bus.c amba_dma_cleanup */
export function* amba_dma_cleanup(k: kernel, dev: device): Task {
  yield* dmaCleanup(k, dev);
}

/** @linux drivers/pci/pci-driver.c pci_dma_configure */
export function* pci_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigure(k, dev);
}

/** @linux drivers/pci/pci-driver.c pci_dma_cleanup */
export function* pci_dma_cleanup(k: kernel, dev: device): Task {
  yield* dmaCleanup(k, dev);
}
