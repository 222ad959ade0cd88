import {
  field,
  mutex_lock,
  mutex_unlock,
  READ_ONCE,
  read,
  spin_lock,
  spin_unlock,
  type Task,
  WRITE_ONCE,
} from '../../explore/index.ts';
import {
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  EPROBE_DEFER,
  type errno,
  type fwnode_handle,
  type iommu_device,
  type iommu_ops,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import { looseAcpihid, tightRlookup } from '../changes/amd-iommu.ts';
import { iommu_device_register as registerAndWalk } from './v6.8.ts';
import { type iommu_fwspec_ops, newFwspec } from './v6.12.ts';
import { initByFwspec } from './v6.15.ts';

type WithOps = Patched<{ readonly iommu_fwspec_ops: typeof iommu_fwspec_ops }>;

// Both came back to v6.15.1.

/**
 * The lock is let go only where there is something to read, and what happened meanwhile is looked at:
 * another walk may have probed the device, or given up and freed `dev->iommu`.
 *
 * @linux drivers/iommu/iommu.c iommu_init_device
 */
function* iommu_init_device(k: WithOps, dev: device): Task<errno> {
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  const fwspec = yield* read(field(k.world, yield* read(dev.iommu), 'fwspec'));
  if (fwspec === null && (yield* read(dev.driver)) === null) {
    yield* mutex_unlock(k.iommu_probe_device_lock);
    yield* k[dev.bus.dma_configure](dev);
    yield* mutex_lock(k.iommu_probe_device_lock);
    if ((yield* read(dev.iommu)) === null || (yield* read(dev.iommu_group)) !== null) {
      return -ENODEV;
    }
  }
  return yield* initByFwspec(k, dev);
}

const fewerRaces: Patch = {
  subject: 'iommu: Avoid introducing more races', // 0c8e9c148e29
  changes: { iommu_init_device },
};

/** @linux drivers/iommu/iommu.c iommu_device_register */
function* iommu_device_register(k: kernel, iommu: iommu_device, ops: iommu_ops): Task<errno> {
  const err = yield* registerAndWalk(k, iommu, ops);
  if (!err) yield* WRITE_ONCE(iommu.ready, true);
  return err;
}

/** @linux drivers/iommu/iommu.c iommu_from_fwnode */
function* iommu_from_fwnode(k: kernel, fwnode: fwnode_handle | null): Task<iommu_device | null> {
  yield* spin_lock(k.iommu_device_lock);
  const found = (yield* read(k.iommu_device_list)).findBy('fwnode', fwnode);
  yield* spin_unlock(k.iommu_device_lock);
  return found ?? null;
}

const adds = { iommu_from_fwnode };

/** @linux drivers/iommu/iommu.c iommu_ops_from_fwnode */
function* iommu_ops_from_fwnode(
  k: Patched<typeof adds>,
  fwnode: fwnode_handle | null,
): Task<iommu_ops | null> {
  return (yield* k.iommu_from_fwnode(fwnode))?.ops ?? null;
}

/**
 * A device whose IOMMU is still walking over the buses waits, unless it is the walk that asks: that
 * is told by `dev->iommu`, which the walk allocates first.
 *
 * @linux drivers/iommu/iommu.c iommu_fwspec_init
 */
function* iommu_fwspec_init(
  k: Patched<typeof adds> & WithOps,
  dev: device,
  iommu_fwnode: fwnode_handle | null,
): Task<errno> {
  const iommu = yield* k.iommu_from_fwnode(iommu_fwnode);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (iommu === null) return yield* k.driver_deferred_probe_check_state(dev);
  if ((yield* read(dev.iommu)) === null && !(yield* READ_ONCE(iommu.ready))) return -EPROBE_DEFER;
  if (fwspec !== null) return iommu.ops === (yield* k.iommu_fwspec_ops(fwspec)) ? 0 : -EINVAL;
  return yield* newFwspec(k, dev, iommu_fwnode);
}

const readiness: Patch = {
  subject: 'iommu: Handle yet another race around registration', // da33e87bd2bf
  replaces: { iommu_device_register },
  changes: { iommu_fwspec_init, iommu_ops_from_fwnode },
  adds,
};

export const patches: readonly Patch[] = [fewerRaces, readiness, tightRlookup, looseAcpihid];
