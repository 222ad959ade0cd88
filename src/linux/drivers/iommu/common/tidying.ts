import type { Step, Task } from '../../../../explore/index.ts';
import type { DriverName } from '../../../design.ts';
import type { device } from '../../../include/linux/device.ts';
import type { errno } from '../../../include/linux/errno.ts';
import type { kernel } from '../../../kernel.ts';

// What drivers do out of order, and what they clear themselves although the core frees dev->iommu right after them.

/** A driver's `probe_device` has failed. */
export function* dropFwspec(k: kernel, dev: device): Task {
  yield* k.iommu_fwspec_free(dev);
}

/** What `priv` points to is freed. */
export function* clearPriv(k: kernel, dev: device): Task {
  yield* k.dev_iommu_priv_set(dev, null);
}

/** What a driver does with the device that it found its instance by: most kept the reference. */
export function* dropFound(_k: kernel, _dev: device): Task {}

/**
 * Some drivers register before they have set up what their own callbacks use; `exynos-iommu` once
 * did. Kernels that read firmware during the walk have it the other way round for all.
 */
export function* registerThenSetUp(
  _k: kernel,
  driver: DriverName,
  register: () => Step<errno> | Task<errno>,
  setUp: () => Step<void> | Task,
): Task<errno> {
  if (driver === 'exynos-sysmmu') {
    yield* setUp();
    return yield* register();
  }
  const err = yield* register();
  if (!err) yield* setUp();
  return err;
}
