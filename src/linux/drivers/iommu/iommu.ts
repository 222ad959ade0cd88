import {
  append,
  assign,
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
} from '../../../explore/index.ts';
import type { bus_type, device } from '../../include/linux/device.ts';
import { EBUSY, EINVAL, ENODEV, ENOMEM, type errno, IS_ERR } from '../../include/linux/errno.ts';
import type { fwnode_handle } from '../../include/linux/fwnode.ts';
import {
  dev_iommu,
  type GroupList,
  type iommu_device,
  type iommu_group,
  type iommu_ops,
} from '../../include/linux/iommu.ts';
import { indirect, type kernel } from '../../kernel.ts';
import { unlink } from './iommu-sysfs.ts';

// ---- struct dev_iommu --------------------------------------------------------------------------

/**
 * No lock: two CPUs can both find NULL and both allocate.
 *
 * @linux drivers/iommu/iommu.c dev_iommu_get
 */
export function* dev_iommu_get(k: kernel, dev: device): Task<dev_iommu | null> {
  const known = yield* read(dev.iommu);
  if (known !== null) return known;
  const param = yield* k.kzalloc(dev_iommu);
  if (param === null) return null;
  yield* write(dev.iommu, param);
  return param;
}

/**
 * Takes the fwspec along, whoever is still building it. Never looks at `priv`.
 *
 * @linux drivers/iommu/iommu.c dev_iommu_free
 */
export function* dev_iommu_free(k: kernel, dev: device): Task {
  const param = yield* read(dev.iommu);
  yield* write(dev.iommu, null);
  const fwspec = yield* read(field(k.world, param, 'fwspec'));
  if (fwspec !== null) {
    yield* k.fwnode_handle_put(yield* read(fwspec.iommu_fwnode));
    yield* k.kfree(fwspec);
  }
  yield* k.kfree(param);
}

// ---- probing one device ------------------------------------------------------------------------

/**
 * Let the driver probe, and find the group. Runs under `iommu_probe_device_lock`, which the
 * firmware path of this kernel does not take.
 *
 * @linux drivers/iommu/iommu.c iommu_init_device
 */
export function* iommu_init_device(k: kernel, dev: device, ops: iommu_ops): Task<errno> {
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  return yield* k.probeAndFindGroup(dev, ops);
}

/** The rest of `iommu_init_device`: from the driver's module to the group, or everything undone. */
export function* probeAndFindGroup(k: kernel, dev: device, ops: iommu_ops): Task<errno> {
  let ret: errno;
  err_free: {
    if (!(yield* k.try_module_get(ops))) {
      ret = -EINVAL;
      break err_free;
    }
    err_module_put: {
      const iommu_dev = yield* indirect(k, ops.probe_device, dev);
      if (IS_ERR(iommu_dev)) {
        ret = iommu_dev.error;
        break err_module_put;
      }
      yield* write(field(k.world, yield* read(dev.iommu), 'iommu_dev'), iommu_dev);
      err_release: {
        ret = yield* k.iommu_device_link(iommu_dev, dev);
        if (ret) break err_release;
        const group = yield* indirect(k, ops.device_group, dev);
        if (k.WARN_ON(group === null, 'device_group() returned NULL') || group === null) {
          ret = -EINVAL;
          break err_release;
        }
        if (IS_ERR(group)) {
          ret = group.error;
          break err_release;
        }
        yield* write(dev.iommu_group, group);
        return 0;
      }
      unlink(k, dev);
      if (ops.release_device) yield* indirect(k, ops.release_device, dev);
    }
    yield* k.module_put(ops);
  }
  yield* write(field(k.world, yield* read(dev.iommu), 'iommu_dev'), null);
  yield* k.dev_iommu_free(dev);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_deinit_device */
export function* iommu_deinit_device(k: kernel, dev: device): Task {
  const group = yield* read(dev.iommu_group);
  const ops = yield* k.dev_iommu_ops(dev);
  if (group !== null) lockdep_assert_held(group.mutex);
  unlink(k, dev);
  if (ops?.release_device) yield* indirect(k, ops.release_device, dev);
  if (group !== null && (yield* read(group.devices)).length === 0) {
    const default_domain = yield* read(group.default_domain);
    if (default_domain !== null) {
      yield* k.freeDomain(default_domain);
      yield* write(group.default_domain, null);
    }
    yield* write(group.domain, null);
  }
  // The caller still has to put the group reference that this pointer stood for.
  yield* write(dev.iommu_group, null);
  if (ops !== null) yield* k.module_put(ops);
  yield* k.dev_iommu_free(dev);
}

/**
 * Put a device into its IOMMU group, at most once. The walk over a bus that registers an IOMMU and
 * the replay by a client driver's firmware path meet here.
 *
 * @linux drivers/iommu/iommu.c __iommu_probe_device
 */
export function* __iommu_probe_device(
  k: kernel,
  dev: device,
  group_list: GroupList | null,
): Task<errno> {
  const ops = yield* read(dev.bus.iommu_ops); // before any lock
  if (ops === null) return -ENODEV;
  yield* mutex_lock(k.iommu_probe_device_lock);
  const ret = yield* k.probeDeviceLocked(dev, ops, group_list);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  return ret;
}

/** The part of `__iommu_probe_device` that runs under the lock, whoever took it. */
export function* probeDeviceLocked(
  k: kernel,
  dev: device,
  ops: iommu_ops,
  group_list: GroupList | null,
): Task<errno> {
  if ((yield* read(dev.iommu_group)) !== null) return 0; // probed already
  const ret = yield* k.iommu_init_device(dev, ops);
  if (ret) return ret;
  return yield* k.joinGroup(dev, group_list);
}

/** The rest of `__iommu_probe_device`: make a device that was probed a member of its group. */
export function* joinGroup(k: kernel, dev: device, group_list: GroupList | null): Task<errno> {
  let ret: errno = 0;
  const group = (yield* read(dev.iommu_group)) as iommu_group;
  field(k.world, group, 'mutex'); // NULL when the device was released meanwhile
  const gdev = yield* k.iommu_group_alloc_device(group, dev);
  yield* mutex_lock(group.mutex);
  err_put_group: {
    if (IS_ERR(gdev)) {
      ret = gdev.error;
      break err_put_group;
    }
    yield* write(group.devices, (yield* read(group.devices)).concat(gdev));
    const default_domain = yield* read(group.default_domain);
    const domain = yield* read(group.domain);
    k.WARN_ON(
      default_domain !== null && domain === null,
      'group has a default domain but no domain',
    );
    if (domain !== null) {
      ret = yield* k.__iommu_device_set_domain(group, dev, domain);
    } else if (default_domain === null && group_list === null) {
      ret = yield* k.iommu_setup_default_domain(group);
    } else if (
      default_domain === null &&
      group_list !== null &&
      (yield* read(group.entry)) === null
    ) {
      // The walk sets up default domains when it has met all members of its groups.
      yield* write(group.entry, group_list);
      append(k.world, group_list.groups, group);
    }
    if (!ret) {
      yield* k.settle(group, dev);
      yield* mutex_unlock(group.mutex);
      k.dev_info(dev, `Adding to iommu group ${group.id}`);
      return 0;
    }
    yield* write(
      group.devices,
      (yield* read(group.devices)).filter((member) => member !== gdev),
    );
    yield* k.kfree(gdev);
  }
  yield* k.iommu_deinit_device(dev);
  yield* mutex_unlock(group.mutex);
  yield* k.iommu_group_put(group);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_probe_device */
export function* iommu_probe_device(k: kernel, dev: device): Task<errno> {
  const ret = yield* k.__iommu_probe_device(dev, null);
  if (ret) return ret;
  // Reached also when somebody else had probed the device: then for the second time.
  yield* k.probeFinalize(dev);
  return 0;
}

/** The driver's last word, with no lock held. */
export function* probeFinalize(k: kernel, dev: device): Task {
  const ops = yield* k.dev_iommu_ops(dev);
  if (ops?.probe_finalize) yield* indirect(k, ops.probe_finalize, dev);
}

/** @linux drivers/iommu/iommu.c iommu_release_device */
export function* iommu_release_device(k: kernel, dev: device): Task {
  const group = yield* read(dev.iommu_group);
  if (group !== null) yield* k.__iommu_group_remove_device(group, dev);
  // A device that was never probed can still have a fwspec.
  if ((yield* read(dev.iommu)) !== null) yield* k.dev_iommu_free(dev);
}

/** @linux drivers/iommu/iommu.c __iommu_group_remove_device */
export function* __iommu_group_remove_device(k: kernel, group: iommu_group, dev: device): Task {
  yield* mutex_lock(group.mutex);
  const gdev = (yield* read(group.devices)).find((member) => member.dev === dev);
  if (gdev !== undefined) {
    yield* write(
      group.devices,
      (yield* read(group.devices)).filter((member) => member !== gdev),
    );
    yield* k.kfree(gdev);
    if ((yield* read(group.devices)).length === 0) {
      const owned = (yield* read(group.owner_cnt)) > 0;
      const foreign = (yield* read(group.domain)) !== (yield* read(group.default_domain));
      k.WARN_ON(owned || foreign, 'the last device leaves a group that is in use');
    }
    const param = yield* read(dev.iommu);
    if (param !== null && (yield* read(param.iommu_dev)) !== null)
      yield* k.iommu_deinit_device(dev);
    else yield* write(dev.iommu_group, null);
  }
  yield* mutex_unlock(group.mutex);
  yield* k.iommu_group_put(group);
}

// ---- registration ------------------------------------------------------------------------------

/**
 * From the moment the instance is on the list, firmware paths find it, although no device has been
 * probed yet.
 *
 * @linux drivers/iommu/iommu.c iommu_device_register
 */
export function* iommu_device_register(
  k: kernel,
  iommu: iommu_device,
  ops: iommu_ops,
): Task<errno> {
  // One kind of IOMMU driver for the whole system: the first bus tells which.
  const first = k.iommu_buses[0];
  if (first !== undefined) {
    const present = yield* read(first.iommu_ops);
    if (present !== null && present !== ops) return -EBUSY;
  }
  assign(k.world, iommu, 'ops', ops);
  assign(k.world, iommu, 'fwnode', iommu.dev.fwnode);
  yield* spin_lock(k.iommu_device_lock);
  yield* write(k.iommu_device_list, (yield* read(k.iommu_device_list)).with([iommu]));
  yield* spin_unlock(k.iommu_device_lock);
  let err: errno = 0;
  for (const bus of k.iommu_buses) {
    yield* write(bus.iommu_ops, ops);
    err = yield* k.bus_iommu_probe(bus);
    if (err) break;
  }
  if (err) yield* k.iommu_device_unregister(iommu);
  return err;
}

/** @linux drivers/iommu/iommu.c iommu_device_unregister */
export function* iommu_device_unregister(k: kernel, iommu: iommu_device): Task {
  for (const bus of k.iommu_buses) {
    yield* k.walkBus(bus, (dev) => k.remove_iommu_group(dev, iommu));
  }
  yield* spin_lock(k.iommu_device_lock);
  yield* write(k.iommu_device_list, (yield* read(k.iommu_device_list)).without(iommu));
  yield* spin_unlock(k.iommu_device_lock);
  const singleton = yield* read(iommu.singleton_group);
  if (singleton === null) return;
  yield* k.iommu_group_put(singleton);
  yield* write(iommu.singleton_group, null);
}

/** @linux drivers/iommu/iommu.c remove_iommu_group */
export function* remove_iommu_group(k: kernel, dev: device, iommu: iommu_device): Task<errno> {
  const param = yield* read(dev.iommu);
  if (param !== null && (yield* read(param.iommu_dev)) === iommu)
    yield* k.iommu_release_device(dev);
  return 0;
}

/**
 * Offer every device of a bus to the IOMMU drivers. The walk holds no lock, so devices can be
 * added, bound and removed meanwhile; an error ends it at once, leaving groups that it had met
 * linked to a list on its stack.
 *
 * @linux drivers/iommu/iommu.c bus_iommu_probe
 */
export function* bus_iommu_probe(k: kernel, bus: bus_type): Task<errno> {
  const group_list = look(k.world, (): GroupList => ({ text: 'group_list', groups: [] }));
  const err = yield* k.walkBus(bus, (dev) => k.probe_iommu_group(dev, group_list));
  if (err) return err;
  for (const group of group_list.groups) {
    yield* mutex_lock(group.mutex);
    yield* write(group.entry, null);
    const ret = yield* k.iommu_setup_default_domain(group);
    if (ret) {
      yield* mutex_unlock(group.mutex);
      return ret;
    }
    yield* k.settle(group, null);
    yield* mutex_unlock(group.mutex);
    const members = yield* read(group.devices);
    // Without the lock, because some callbacks take it themselves.
    for (const { dev } of members) if (dev !== null) yield* k.probeFinalize(dev);
  }
  return 0;
}

/** @linux drivers/iommu/iommu.c probe_iommu_group */
export function* probe_iommu_group(k: kernel, dev: device, group_list: GroupList): Task<errno> {
  const ret = yield* k.__iommu_probe_device(dev, group_list);
  return ret === -ENODEV ? 0 : ret;
}

/** @linux drivers/iommu/iommu.c iommu_ops_from_fwnode */
export function* iommu_ops_from_fwnode(
  k: kernel,
  fwnode: fwnode_handle | null,
): Task<iommu_ops | null> {
  yield* spin_lock(k.iommu_device_lock);
  const iommu = (yield* read(k.iommu_device_list)).findBy('fwnode', fwnode);
  yield* spin_unlock(k.iommu_device_lock);
  return iommu?.ops ?? null;
}
