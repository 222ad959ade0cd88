// Linux gives every device that waits another try whenever a driver has bound anywhere. In a boot where
// nothing goes on beside it, a try comes to the same end as the one before until something comes that
// somebody can wait for: such tries are left out here, so that many devices that wait while many others
// bind take no longer than what happens to them.

import type { Task } from '../../../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type Design,
  type device,
  type device_driver,
  type errno,
  type kernel,
} from '../../../linux/index.ts';
import { recordOf } from './record.ts';

/** Functions after which a device may come further than before. */
const waking = [
  'iommu_device_register',
  'iommu_device_unregister',
  'device_release_driver',
  '__device_release_driver',
  'fw_devlink_drivers_done',
  'deferred_probe_timeout_work_func',
];

/** The design, without tries of deferred devices that would end as the last one did. */
export function quietRetries(design: Design): Design {
  const { functions } = design;
  const { driver_probe_device, driver_bound } = functions;
  const { driver_deferred_probe_add, driver_deferred_probe_del } = functions;
  const { driver_deferred_probe_trigger } = functions;
  const changes: Record<string, AnyFunction> = {
    *driver_probe_device(k: kernel, drv: device_driver, dev: device): Task<errno> {
      recordOf(k).waiters.begin(dev);
      return yield* driver_probe_device(k, drv, dev);
    },
    *driver_deferred_probe_add(k: kernel, dev: device): Task {
      yield* driver_deferred_probe_add(k, dev);
      recordOf(k).waiters.sleepIfSame(dev);
    },
    *driver_deferred_probe_del(k: kernel, dev: device): Task {
      recordOf(k).waiters.remove(dev);
      yield* driver_deferred_probe_del(k, dev);
    },
    *driver_bound(k: kernel, dev: device): Task {
      if (dev.consumers.length > 0 || k.instances.has(dev)) recordOf(k).waiters.wakeAll();
      yield* driver_bound(k, dev);
    },
    *driver_deferred_probe_trigger(k: kernel): Task {
      const { waiters } = recordOf(k);
      waiters.wakeAllIf(k);
      if (!waiters.areAllAsleep(k)) yield* driver_deferred_probe_trigger(k);
    },
  };
  const present: Readonly<Record<string, AnyFunction | undefined>> = {
    ...functions,
    ...design.inlines,
  };
  for (const name of waking) {
    const fn = present[name] as ((k: kernel, ...args: never[]) => Task<unknown>) | undefined;
    if (fn === undefined) continue;
    changes[name] = function* (k: kernel, ...args: never[]): Task<unknown> {
      const { waiters } = recordOf(k);
      waiters.wakeAll();
      const result = yield* fn(k, ...args);
      waiters.wakeAll();
      return result;
    };
  }
  return apply(design.name, design, { subject: 'leave out tries that change nothing', changes });
}
