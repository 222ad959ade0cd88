import {
  append,
  field,
  lockdep_assert_held,
  look,
  mutex_lock,
  mutex_unlock,
  read,
  spin_lock,
  spin_unlock,
  type Task,
  write,
} from '../../explore/index.ts';
import {
  type bus_type,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  type errno,
  type GroupList,
  IS_ERR,
  indirect,
  type iommu_device,
  type iommu_group,
  type Patch,
  unlink,
} from '../../linux/index.ts';
import type { Grouping } from './v6.1-groups.ts';

// How v6.1 probes a device and registers an IOMMU. Whether a device was probed before is asked by
// those who probe it, outside of the lock; nobody asks under it.

/** @linux drivers/iommu/iommu.c __iommu_probe_device */
function* __iommu_probe_device(
  k: Grouping,
  dev: device,
  group_list: GroupList | null,
): Task<errno> {
  const ops = yield* read(dev.bus.iommu_ops);
  if (ops === null) return -ENODEV;
  lockdep_assert_held(k.iommu_probe_device_lock);
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  let ret: errno;
  err_free: {
    if (!(yield* k.try_module_get(ops))) {
      ret = -EINVAL;
      break err_free;
    }
    out_module_put: {
      const iommu_dev = yield* indirect(k, ops.probe_device, dev);
      if (IS_ERR(iommu_dev)) {
        ret = iommu_dev.error;
        break out_module_put;
      }
      yield* write(field(k.world, yield* read(dev.iommu), 'iommu_dev'), iommu_dev);
      const group = yield* k.iommu_group_get_for_dev(dev);
      if (!IS_ERR(group)) {
        yield* awaitDomain(group, group_list);
        yield* k.iommu_group_put(group);
        yield* k.iommu_device_link(iommu_dev, dev); // its errors are nobody's business
        return 0;
      }
      ret = group.error;
      if (ops.release_device) yield* indirect(k, ops.release_device, dev);
    }
    yield* k.module_put(ops);
  }
  yield* k.dev_iommu_free(dev);
  return ret;
}

/** A walk gives groups their domains when it has met all members. */
function* awaitDomain(group: iommu_group, group_list: GroupList | null): Task {
  yield* mutex_lock(group.mutex);
  const waits =
    group_list !== null &&
    (yield* read(group.default_domain)) === null &&
    (yield* read(group.entry)) === null;
  if (waits) {
    yield* write(group.entry, group_list);
    append(group.world, group_list.groups, group);
  }
  yield* mutex_unlock(group.mutex);
}

/**
 * That the device is in a group already changes nothing: it is probed again.
 *
 * @linux drivers/iommu/iommu.c iommu_probe_device
 */
function* iommu_probe_device(k: Grouping, dev: device): Task<errno> {
  yield* mutex_lock(k.iommu_probe_device_lock);
  let ret = yield* k.__iommu_probe_device(dev, null);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (ret) return ret;
  err_release: {
    const group = yield* k.iommu_group_get(dev);
    if (group === null) {
      ret = -ENODEV;
      break err_release;
    }
    yield* mutex_lock(group.mutex);
    yield* k.iommu_alloc_default_domain(group, dev); // no domain is no error
    const default_domain = yield* read(group.default_domain);
    if (default_domain !== null) ret = yield* k.__iommu_attach_device(default_domain, dev);
    yield* mutex_unlock(group.mutex);
    yield* k.iommu_group_put(group);
    if (ret) break err_release;
    yield* k.probeFinalize(dev);
    return 0;
  }
  yield* k.iommu_release_device(dev);
  return ret;
}

/**
 * A device that only has a description is taken for one that was probed.
 *
 * @linux drivers/iommu/iommu.c iommu_release_device
 */
function* iommu_release_device(k: Grouping, dev: device): Task {
  if ((yield* read(dev.iommu)) === null) return;
  const ops = yield* k.dev_iommu_ops(dev);
  unlink(k, dev);
  if (ops?.release_device) yield* indirect(k, ops.release_device, dev);
  yield* k.iommu_group_remove_device(dev);
  if (ops !== null) yield* k.module_put(ops);
  yield* k.dev_iommu_free(dev);
}

/** @linux drivers/iommu/iommu.c probe_iommu_group */
function* probe_iommu_group(k: Grouping, dev: device, group_list: GroupList): Task<errno> {
  const group = yield* k.iommu_group_get(dev);
  if (group !== null) {
    yield* k.iommu_group_put(group);
    return 0;
  }
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ret = yield* k.__iommu_probe_device(dev, group_list);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  return ret === -ENODEV ? 0 : ret;
}

/** A group that gets no domain is no error; a device that cannot be attached is. @linux drivers/iommu/iommu.c bus_iommu_probe */
function* bus_iommu_probe(k: Grouping, bus: bus_type): Task<errno> {
  const group_list = look(k.world, (): GroupList => ({ text: 'group_list', groups: [] }));
  let ret = yield* k.walkBus(bus, (dev) => k.probe_iommu_group(dev, group_list));
  if (ret) return ret;
  for (const group of group_list.groups) {
    yield* mutex_lock(group.mutex);
    yield* write(group.entry, null);
    yield* k.probe_alloc_default_domain(bus, group);
    const default_domain = yield* read(group.default_domain);
    if (default_domain !== null) ret = yield* k.__iommu_group_dma_attach(group, default_domain);
    yield* mutex_unlock(group.mutex);
    if (ret) break;
    if (default_domain === null) continue;
    for (const { dev } of yield* read(group.devices)) if (dev !== null) yield* k.probeFinalize(dev);
  }
  return ret;
}

/** Groups that belong to the instance are its driver's to put. @linux drivers/iommu/iommu.c iommu_device_unregister */
function* iommu_device_unregister(k: Grouping, iommu: iommu_device): Task {
  for (const bus of k.iommu_buses) {
    yield* k.walkBus(bus, (dev) => k.remove_iommu_group(dev, iommu));
  }
  yield* spin_lock(k.iommu_device_lock);
  yield* write(k.iommu_device_list, (yield* read(k.iommu_device_list)).without(iommu));
  yield* spin_unlock(k.iommu_device_lock);
}

/** The firmware paths do ask whether the device is in a group by now. */
function* replay(k: Grouping, dev: device): Task<errno> {
  return (yield* k.device_iommu_mapped(dev)) ? 0 : yield* k.iommu_probe_device(dev);
}

export const oldProbe: Patch = {
  subject: 'the core of the IOMMU drivers as in v6.1, with what came back to it',
  changes: {
    replay,
    __iommu_probe_device,
    iommu_probe_device,
    iommu_release_device,
    probe_iommu_group,
    bus_iommu_probe,
    iommu_device_unregister,
  },
  removes: [
    'iommu_init_device',
    'probeAndFindGroup',
    'probeDeviceLocked',
    'joinGroup',
    'iommu_deinit_device',
    'settle',
  ],
};
