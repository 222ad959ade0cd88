import { READ_ONCE, ref_get, ref_put, type Task, update } from '../../explore/index.ts';
import type { device_driver } from '../include/linux/device.ts';
import { EWOULDBLOCK, type errno } from '../include/linux/errno.ts';
import type { iommu_ops } from '../include/linux/iommu.ts';
import { module } from '../include/linux/module.ts';
import type { kernel } from '../kernel.ts';

// As long as nobody unloads a module it does not matter in which order references come and go.

/** Fails as soon as the module is going. @linux kernel/module/main.c try_module_get */
export function* try_module_get(k: kernel, ops: iommu_ops): Task<boolean> {
  const { going } = k;
  if (going !== null && (yield* update(going, (refs) => (refs === 0 ? 0 : refs + 1))) === 0)
    return false;
  yield* ref_get(k.module(ops));
  return true;
}

/** @linux kernel/module/main.c module_put */
export function* module_put(k: kernel, ops: iommu_ops): Task {
  if (k.going !== null) yield* update(k.going, (refs) => refs - 1);
  yield* ref_put(k.module(ops));
}

/** A function of the driver is called by whoever may have no reference to its module. */
export function* readOps(k: kernel): Task {
  if (k.going !== null) yield* READ_ONCE(k.going);
}

/**
 * Unload the module that may go. Refused while anybody has a reference; from then on nobody gets
 * one.
 *
 * @linux kernel/module/main.c delete_module
 */
export function* delete_module(k: kernel, drv: device_driver): Task<errno> {
  const { going } = k;
  if (going !== null && (yield* update(going, (refs) => (refs === 1 ? 0 : refs))) !== 1)
    return -EWOULDBLOCK;
  yield* k.driver_detach(drv);
  if (going?.owner instanceof module) yield* k.kfree(going.owner);
  return 0;
}
