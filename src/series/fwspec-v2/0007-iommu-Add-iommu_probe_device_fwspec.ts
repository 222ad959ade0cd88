// Lets a caller hand a fwspec of its own to the probe, which installs it under the probe lock and
// takes its driver from it; the claim is that the fwspec is the callee's from then on, also on errors.

import { field, mutex_lock, mutex_unlock, read, type Task, write } from '../../explore/index.ts';
import {
  type device,
  ENODEV,
  ENOMEM,
  type errno,
  type GroupList,
  type iommu_fwspec,
  type iommu_ops,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import type { iommu_fwspec_dealloc } from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';

/** A kernel that takes a fwspec of the caller's, for patches that hand one over. */
export type TakesFwspec = Patched<{
  readonly iommu_probe_device_fwspec: (
    k: never,
    dev: device,
    fwspec: iommu_fwspec | null,
  ) => Task<errno>;
}>;

export type WithDealloc = Patched<{ readonly iommu_fwspec_dealloc: typeof iommu_fwspec_dealloc }>;

/** Whatever fwspec was there is freed, also when none comes in its place. */
export function* installFwspec(k: WithDealloc, dev: device, fwspec: iommu_fwspec | null): Task {
  let param = yield* read(dev.iommu);
  const old = yield* read(field(k.world, param, 'fwspec'));
  if (old !== null && old !== fwspec) {
    yield* k.iommu_fwspec_dealloc(old);
    param = yield* read(dev.iommu);
  }
  yield* write(field(k.world, param, 'fwspec'), fwspec);
}

/** @linux drivers/iommu/iommu.c iommu_init_device */
function* iommu_init_device(
  k: WithDealloc,
  dev: device,
  fwspec: iommu_fwspec | null,
  ops: iommu_ops,
): Task<errno> {
  if ((yield* k.dev_iommu_get(dev)) === null) {
    yield* k.iommu_fwspec_dealloc(fwspec);
    return -ENOMEM;
  }
  yield* installFwspec(k, dev, fwspec);
  return yield* k.probeAndFindGroup(dev, ops);
}

const changed = { iommu_init_device };

/** A kernel whose device gets the fwspec that it is handed. */
export type InitsFwspec = WithDealloc &
  Patched<{ readonly iommu_init_device: typeof iommu_init_device }>;

/** @linux drivers/iommu/iommu.c __iommu_probe_device */
function* __iommu_probe_device(
  k: InitsFwspec,
  dev: device,
  caller_fwspec: iommu_fwspec | null,
  group_list: GroupList | null,
): Task<errno> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ret = yield* probeLocked(k, dev, caller_fwspec, group_list);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  return ret;
}

/** Look for the driver of a device and probe it; the lock is held. */
export function* probeLocked(
  k: InitsFwspec,
  dev: device,
  caller_fwspec: iommu_fwspec | null,
  group_list: GroupList | null,
): Task<errno> {
  const param = caller_fwspec === null ? yield* read(dev.iommu) : null;
  const fwspec = param === null ? caller_fwspec : yield* read(param.fwspec);
  const ops = yield* read(fwspec === null ? dev.bus.iommu_ops : fwspec.ops);
  if (ops === null) return -ENODEV; // a fwspec of the caller's is forgotten
  if ((yield* read(dev.iommu_group)) !== null) {
    yield* k.iommu_fwspec_dealloc(caller_fwspec);
    return 0;
  }
  const ret = yield* k.iommu_init_device(dev, fwspec, ops);
  return ret ? ret : yield* k.joinGroup(dev, group_list);
}

const changes = { ...changed, __iommu_probe_device };

type Kernel = Patched<typeof changes>;

/** @linux drivers/iommu/iommu.c iommu_probe_device_fwspec */
function* iommu_probe_device_fwspec(
  k: Kernel,
  dev: device,
  fwspec: iommu_fwspec | null,
): Task<errno> {
  const ret = yield* k.__iommu_probe_device(dev, fwspec, null);
  if (ret) return ret;
  yield* k.probeFinalize(dev);
  return 0;
}

const adds = { iommu_probe_device_fwspec };

/** @linux include/linux/iommu.h iommu_probe_device */
function* iommu_probe_device(k: Patched<typeof adds>, dev: device): Task<errno> {
  return yield* k.iommu_probe_device_fwspec(dev, null);
}

/** @linux drivers/iommu/iommu.c probe_iommu_group */
function* probe_iommu_group(k: Kernel, dev: device, group_list: GroupList): Task<errno> {
  const ret = yield* k.__iommu_probe_device(dev, null, group_list);
  return ret === -ENODEV ? 0 : ret;
}

export const patch: Patch = {
  subject: 'iommu: Add iommu_probe_device_fwspec()',
  adds,
  changes: { ...changes, probe_iommu_group },
  removes: ['probeDeviceLocked', 'iommu_probe_device'],
  addsInline: { iommu_probe_device },
};
