import {
  assign,
  mutex_lock,
  mutex_unlock,
  READ_ONCE,
  read,
  spawn,
  type Task,
  update,
  write,
} from '../../../explore/index.ts';
import { Sequence } from '../../../util/index.ts';
import type { device, device_driver } from '../../include/linux/device.ts';
import { EBUSY, ENODEV, EPROBE_DEFER, ETIMEDOUT, type errno } from '../../include/linux/errno.ts';
import { indirect, type kernel } from '../../kernel.ts';

/**
 * Whether to go on waiting for a supplier.
 *
 * @linux drivers/base/dd.c driver_deferred_probe_check_state
 */
export function* driver_deferred_probe_check_state(k: kernel, dev: device): Task<errno> {
  const done = yield* read(k.initcalls_done);
  if (!k.config.CONFIG_MODULES && done) {
    k.dev_warn(dev, 'ignoring dependency for device, assuming no driver');
    return -ENODEV;
  }
  if (done && (yield* read(k.driver_deferred_probe_timeout)) === 0) {
    k.dev_warn(dev, 'deferred probe timeout, ignoring dependency');
    return -ETIMEDOUT;
  }
  return -EPROBE_DEFER;
}

/** @linux drivers/base/dd.c driver_deferred_probe_add */
export function* driver_deferred_probe_add(k: kernel, dev: device): Task {
  yield* mutex_lock(k.deferred_probe_mutex);
  const pending = yield* read(k.deferred_probe_pending_list);
  const active = yield* read(k.deferred_probe_active_list);
  if (!pending.includes(dev) && !active.includes(dev)) {
    yield* write(k.deferred_probe_pending_list, pending.with([dev]));
  }
  yield* mutex_unlock(k.deferred_probe_mutex);
}

/** @linux drivers/base/dd.c driver_deferred_probe_del */
export function* driver_deferred_probe_del(k: kernel, dev: device): Task {
  yield* mutex_lock(k.deferred_probe_mutex);
  for (const list of [k.deferred_probe_pending_list, k.deferred_probe_active_list]) {
    const waiting = yield* read(list);
    if (waiting.includes(dev)) yield* write(list, waiting.without(dev));
  }
  yield* mutex_unlock(k.deferred_probe_mutex);
}

/**
 * Give every deferred device another try. When none waits the work is not queued: it would find
 * nothing to do, or the active list, for which whoever has filled that has queued it.
 *
 * @linux drivers/base/dd.c driver_deferred_probe_trigger
 */
export function* driver_deferred_probe_trigger(k: kernel): Task {
  if (!(yield* read(k.driver_deferred_probe_enable))) return;
  yield* mutex_lock(k.deferred_probe_mutex);
  yield* update(k.deferred_trigger_count, (count) => count + 1);
  const pending = yield* read(k.deferred_probe_pending_list);
  if (pending.length > 0) {
    const active = yield* read(k.deferred_probe_active_list);
    yield* write(k.deferred_probe_active_list, active.with(pending));
    yield* write(k.deferred_probe_pending_list, Sequence.of());
  }
  yield* mutex_unlock(k.deferred_probe_mutex);
  if (pending.length > 0) yield* k.queueDeferredProbeWork();
}

/** `queue_work()`: nothing when the item is queued already. */
export function* queueDeferredProbeWork(k: kernel): Task {
  const queued = yield* update(k.deferred_probe_work, () => true);
  if (queued) return;
  yield* spawn(k.world, 'kworker: deferred_probe_work_func()', () => runDeferredProbeWork(k));
}

/** The work item is no longer queued as soon as it runs, and can be queued again. */
export function* runDeferredProbeWork(k: kernel): Task {
  yield* mutex_lock(k.deferred_probe_work_running);
  yield* update(k.deferred_probe_work, () => false);
  yield* k.deferred_probe_work_func();
  yield* mutex_unlock(k.deferred_probe_work_running);
}

/** One device at a time, beside whatever else probes. @linux drivers/base/dd.c deferred_probe_work_func */
export function* deferred_probe_work_func(k: kernel): Task {
  yield* mutex_lock(k.deferred_probe_mutex);
  for (;;) {
    const active = yield* read(k.deferred_probe_active_list);
    const dev = active.at(0);
    if (dev === undefined) break;
    yield* write(k.deferred_probe_active_list, active.rest());
    yield* mutex_unlock(k.deferred_probe_mutex);
    yield* k.bus_probe_device(dev);
    yield* mutex_lock(k.deferred_probe_mutex);
  }
  yield* mutex_unlock(k.deferred_probe_mutex);
}

/**
 * The time is over: devices do without suppliers that have not come, and those that wait get
 * another try.
 *
 * @linux drivers/base/dd.c deferred_probe_timeout_work_func
 */
export function* deferred_probe_timeout_work_func(k: kernel): Task {
  yield* k.fw_devlink_drivers_done();
  yield* write(k.driver_deferred_probe_timeout, 0);
  yield* k.driver_deferred_probe_trigger();
}

/** @linux drivers/base/dd.c __device_attach */
export function* __device_attach(k: kernel, dev: device): Task {
  yield* mutex_lock(dev.mutex);
  if (!(yield* read(dev.dead)) && (yield* read(dev.driver)) === null && dev.matches !== null) {
    yield* k.driver_probe_device(dev.matches, dev);
  }
  yield* mutex_unlock(dev.mutex);
}

/** A driver is offered one device that it matches. @linux drivers/base/dd.c __driver_attach */
export function* __driver_attach(k: kernel, dev: device, drv: device_driver): Task {
  yield* mutex_lock(dev.mutex);
  yield* k.driver_probe_device(drv, dev);
  yield* mutex_unlock(dev.mutex);
}

/** @linux drivers/base/dd.c driver_probe_device */
export function* driver_probe_device(k: kernel, drv: device_driver, dev: device): Task<errno> {
  const trigger_count = yield* READ_ONCE(k.deferred_trigger_count); // atomic_read()
  const ret = yield* k.__driver_probe_device(drv, dev);
  if (ret === -EPROBE_DEFER || ret === EPROBE_DEFER) {
    yield* k.driver_deferred_probe_add(dev);
    // A supplier that came meanwhile has triggered too early for this device.
    if (trigger_count !== (yield* READ_ONCE(k.deferred_trigger_count))) {
      yield* k.driver_deferred_probe_trigger();
    }
  }
  return ret;
}

/** @linux drivers/base/dd.c __driver_probe_device */
export function* __driver_probe_device(k: kernel, drv: device_driver, dev: device): Task<errno> {
  if (yield* read(dev.dead)) return -ENODEV;
  if ((yield* read(dev.driver)) !== null) return -EBUSY;
  if (!(yield* k.dev_ready_to_probe(dev))) return -EPROBE_DEFER;
  assign(k.world, dev, 'can_match', true);
  return yield* k.really_probe(dev, drv);
}

/** `dev->driver = drv`, with the device locked; others read it without. */
export function* setDriver(_k: kernel, dev: device, drv: device_driver | null): Task {
  yield* write(dev.driver, drv);
}

/**
 * Bind a driver. The device's IOMMU state outlives a failure and the binding itself.
 *
 * @linux drivers/base/dd.c really_probe
 */
export function* really_probe(k: kernel, dev: device, drv: device_driver): Task<errno> {
  const waits = dev.suppliers.length > 0 || dev.absent_supplier !== null || k.links_clients;
  let ret = waits ? yield* k.device_links_check_suppliers(dev) : 0;
  if (ret) return ret;
  yield* k.setDriver(dev, drv);
  pinctrl_bind_failed: {
    ret = dev.pins.length > 0 ? yield* k.pinctrl_bind_pins(dev) : 0;
    if (ret) break pinctrl_bind_failed;
    ret = yield* k[dev.bus.dma_configure](dev);
    if (ret) break pinctrl_bind_failed;
    probe_failed: {
      // Before the driver, its bus has a go.
      ret = dev.assigned_clocks.length > 0 ? yield* k.of_clk_set_defaults(dev) : 0;
      if (!ret && dev.power_domain !== undefined) ret = yield* k.genpd_dev_pm_attach(dev);
      ret ||= yield* indirect(k, drv.probe, dev);
      if (ret) break probe_failed;
      yield* k.driver_bound(dev);
      return 0;
    }
    ret = -ret; // a driver's own errors are told apart by their sign
    yield* k[dev.bus.dma_cleanup](dev);
  }
  yield* k.device_unbind_cleanup(dev);
  return ret;
}

/** @linux drivers/base/dd.c driver_bound */
export function* driver_bound(k: kernel, dev: device): Task {
  const drv = yield* read(dev.driver);
  if (drv !== null) yield* k.driverAddDevice(drv, dev);
  if (dev.consumers.length > 0 || k.links_clients) yield* k.device_links_driver_bound(dev);
  yield* k.driver_deferred_probe_del(dev);
  yield* k.driver_deferred_probe_trigger();
}

/** @linux drivers/base/dd.c device_unbind_cleanup */
export function* device_unbind_cleanup(k: kernel, dev: device): Task {
  yield* k.releaseManaged(dev);
  yield* k.arch_teardown_dma_ops(dev);
  yield* k.setDriver(dev, null);
  yield* write(dev.drvdata, null);
}

/** What unbinding through sysfs, and removing a device, do. @linux drivers/base/dd.c device_release_driver */
export function* device_release_driver(k: kernel, dev: device): Task {
  yield* mutex_lock(dev.mutex);
  yield* k.__device_release_driver(dev);
  yield* mutex_unlock(dev.mutex);
}

/** The driver goes: it lets go of all its devices. @linux drivers/base/dd.c driver_detach */
export function* driver_detach(k: kernel, drv: device_driver): Task {
  for (const dev of yield* k.driverDevices(drv)) {
    yield* mutex_lock(dev.mutex);
    if ((yield* read(dev.driver)) === drv) yield* k.__device_release_driver(dev);
    yield* mutex_unlock(dev.mutex);
  }
}

/**
 * The driver lets go of the device; what the IOMMU core knows of it stays. Only at the end is the
 * device taken from those that the driver can find.
 *
 * @linux drivers/base/dd.c __device_release_driver
 */
export function* __device_release_driver(k: kernel, dev: device): Task {
  const drv = yield* read(dev.driver);
  if (drv === null) return;
  if (drv.remove !== null) yield* indirect(k, drv.remove, dev);
  yield* k[dev.bus.dma_cleanup](dev);
  yield* k.device_unbind_cleanup(dev);
  yield* k.driverRemoveDevice(drv, dev);
}
