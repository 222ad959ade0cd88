// Linux walks over all devices of a bus for each IOMMU that registers. In a boot where nothing goes on
// beside a walk, most of these visits cannot change anything: they are left out here, so that many
// IOMMUs with many devices take no longer than what happens to them.

import type { Step, Task } from '../../../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type bus_type,
  type Design,
  device,
  type errno,
  type fwnode_handle,
  type GroupList,
  type iommu_device,
  type iommu_ops,
  type kernel,
} from '../../../linux/index.ts';
import { recordOf } from './record.ts';
import type { Visit } from './sleepers.ts';

/** Who looks for an IOMMU. */
const lookups = ['iommu_ops_from_fwnode', 'iommu_from_fwnode'];

/** Functions after which nothing of what was found out about their device holds. */
const changing = [
  'really_probe',
  'device_release_driver',
  '__device_release_driver',
  'iommu_release_device',
  'iommu_deinit_device',
];

/** The design, with walks that leave out devices for which a visit would be the same again. */
export function quietWalks(design: Design): Design {
  const present: Readonly<Record<string, AnyFunction | undefined>> = {
    ...design.functions,
    ...design.inlines,
  };
  const { bus_add_device, bus_remove_device, walkBus, try_module_get } = design.functions;
  const { bus_iommu_probe, probe_iommu_group, iommu_device_register } = design.functions;
  const changes: Record<string, AnyFunction> = {
    *bus_add_device(k: kernel, dev: device): Task {
      recordOf(k).sleepers.add(dev);
      yield* bus_add_device(k, dev);
    },
    *bus_remove_device(k: kernel, dev: device): Task {
      recordOf(k).sleepers.remove(dev);
      yield* bus_remove_device(k, dev);
    },
    *iommu_device_register(k: kernel, iommu: iommu_device, ops: iommu_ops): Task<errno> {
      const { sleepers } = recordOf(k);
      sleepers.wakeWaiting(iommu.dev.fwnode);
      if (iommu.withoutNode) sleepers.wakeWaiting(null);
      return yield* iommu_device_register(k, iommu, ops);
    },
    *bus_iommu_probe(k: kernel, bus: bus_type): Task<errno> {
      const record = recordOf(k);
      record.sleepers.wakeAllIf(k);
      record.registering = true;
      return yield* bus_iommu_probe(k, bus);
    },
    *walkBus(k: kernel, bus: bus_type, visit: (dev: device) => Step<errno>): Task<errno> {
      const record = recordOf(k);
      if (!record.registering) return yield* walkBus(k, bus, visit);
      record.registering = false;
      for (const dev of record.sleepers.awake(bus)) {
        const ret = yield* visit(dev);
        if (ret) return ret;
      }
      return 0;
    },
    *probe_iommu_group(k: kernel, dev: device, group_list: GroupList): Task<errno> {
      const { sleepers } = recordOf(k);
      const visit: Visit = { missing: new Set(), found: false };
      sleepers.visit = visit;
      const ret = yield* probe_iommu_group(k, dev, group_list);
      sleepers.visit = null;
      if (!ret) sleepers.sleepIf(dev, visit);
      return ret;
    },
    *try_module_get(k: kernel, ops: iommu_ops): Task<boolean> {
      const { visit } = recordOf(k).sleepers;
      if (visit !== null) visit.found = true;
      return yield* try_module_get(k, ops);
    },
  };
  for (const name of changing) {
    const fn = present[name] as ((k: kernel, ...args: never[]) => Task<unknown>) | undefined;
    if (fn === undefined) continue;
    changes[name] = function* (k: kernel, ...args: never[]): Task<unknown> {
      const { sleepers } = recordOf(k);
      const dev = args.find((arg: unknown) => arg instanceof device);
      if (dev !== undefined) sleepers.wake(dev);
      const result = yield* fn(k, ...args);
      if (dev !== undefined) sleepers.wake(dev);
      return result;
    };
  }
  for (const name of lookups) {
    const lookup = present[name] as
      | ((k: kernel, fwnode: fwnode_handle | null) => Task<iommu_device | iommu_ops | null>)
      | undefined;
    if (lookup === undefined) continue;
    changes[name] = function* (k: kernel, fwnode: fwnode_handle | null) {
      const result = yield* lookup(k, fwnode);
      const { visit } = recordOf(k).sleepers;
      if (result === null) visit?.missing.add(fwnode);
      else if (visit !== null) visit.found = true;
      return result;
    };
  }
  return apply(design.name, design, { subject: 'leave out visits that change nothing', changes });
}
