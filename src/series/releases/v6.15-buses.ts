import { field, READ_ONCE, read, type Task } from '../../explore/index.ts';
import {
  claimGroup,
  type device,
  EPROBE_DEFER,
  type errno,
  type kernel,
} from '../../linux/index.ts';

// Buses whose devices have an ID each, called by the IOMMU core as well.

/** @linux drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_dma_configure */
export function* fsl_mc_dma_configure(k: kernel, dev: device): Task<errno> {
  const drv = yield* READ_ONCE(dev.driver);
  const ret = yield* k.configureObject(dev);
  if (ret || drv === null || drv.driver_managed_dma) return ret;
  return yield* claimGroup(k, dev);
}

/** Looks at the driver twice. @linux drivers/cdx/cdx.c cdx_dma_configure */
export function* cdx_dma_configure(k: kernel, dev: device): Task<errno> {
  const drv = yield* read(dev.driver);
  const ret = yield* k.of_dma_configure_id(dev, dev.dma_node, dev.dma_id);
  if (ret && ret !== -EPROBE_DEFER) return ret;
  if (ret || (yield* read(dev.driver)) === null) return 0;
  if (!field(k.world, drv, 'driver_managed_dma', 'drv')) yield* claimGroup(k, dev);
  return 0;
}
