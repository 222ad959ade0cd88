import { ref_get, ref_put, type Task } from '../../explore/index.ts';
import type { iommu_ops } from '../include/linux/iommu.ts';
import type { kernel } from '../kernel.ts';

/** Unloading is not modelled, so this always succeeds. @linux kernel/module/main.c try_module_get */
export function* try_module_get(k: kernel, ops: iommu_ops): Task<boolean> {
  yield* ref_get(k.module(ops));
  return true;
}

/** @linux kernel/module/main.c module_put */
export function* module_put(k: kernel, ops: iommu_ops): Task {
  yield* ref_put(k.module(ops));
}
