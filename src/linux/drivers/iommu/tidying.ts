import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';

// What drivers clear themselves although the core frees dev->iommu right after them.

/** A driver's `probe_device` has failed. */
export function* dropFwspec(k: kernel, dev: device): Task {
  yield* k.iommu_fwspec_free(dev);
}

/** What `priv` points to is freed. */
export function* clearPriv(k: kernel, dev: device): Task {
  yield* k.dev_iommu_priv_set(dev, null);
}
