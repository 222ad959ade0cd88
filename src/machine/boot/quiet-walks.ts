// Linux walks over all devices of a bus for each IOMMU that registers. In a boot where nothing goes on
// beside a walk, most of these visits cannot change anything: they are left out here, so that many
// IOMMUs with many devices take no longer than what happens to them.

import type { Step, Task } from '../../explore/index.ts';
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
} from '../../linux/index.ts';

/** What a visit has found out. */
interface Visit {
  /** The nodes whose IOMMU was looked for, and has not registered. */
  readonly missing: Set<fwnode_handle | null>;
  /** An IOMMU was found, or its driver was asked. */
  found: boolean;
}

/** Who is in a group, or waits for IOMMUs that have not registered, and need not be visited. */
class Sleepers {
  readonly #asleep = new Set<device>();
  readonly #waiting = new Map<fwnode_handle | null, Set<device>>();
  readonly #awake = new Map<bus_type, Set<device>>();
  readonly #positions = new Map<device, number>();
  #state = '';
  /** Of the device that a walk is at. */
  visit: Visit | null = null;

  add(dev: device): void {
    this.#positions.set(dev, this.#positions.size);
    this.#awakeOn(dev.bus).add(dev);
  }

  remove(dev: device): void {
    this.wake(dev);
    this.#awakeOn(dev.bus).delete(dev);
    this.#positions.delete(dev);
  }

  /** In the order of the bus. */
  awake(bus: bus_type): device[] {
    const position = (dev: device): number => this.#positions.get(dev) ?? 0;
    return [...this.#awakeOn(bus)].sort((a, b) => position(a) - position(b));
  }

  /** Something was done to the device. */
  wake(dev: device): void {
    if (this.#asleep.delete(dev) && this.#positions.has(dev)) this.#awakeOn(dev.bus).add(dev);
  }

  /** An IOMMU is about to be found by its node. */
  wakeWaiting(fwnode: fwnode_handle | null): void {
    for (const dev of this.#waiting.get(fwnode) ?? []) this.wake(dev);
    this.#waiting.delete(fwnode);
  }

  /** How long devices wait has changed: each may get another answer. */
  wakeAllIf({ initcalls_done, driver_deferred_probe_timeout }: kernel): void {
    const state = `${initcalls_done.value} ${driver_deferred_probe_timeout.value}`;
    if (state === this.#state) return;
    this.#state = state;
    for (const dev of [...this.#asleep]) this.wake(dev);
  }

  /** After a visit that ended without an error. */
  sleepIf(dev: device, { missing, found }: Visit): void {
    const inGroup = dev.iommu_group.value !== null;
    if (!inGroup && (found || missing.size === 0 || dev.iommu.value !== null)) return;
    this.#asleep.add(dev);
    this.#awakeOn(dev.bus).delete(dev);
    if (inGroup) return;
    for (const fwnode of missing) {
      const waiting = this.#waiting.get(fwnode) ?? new Set<device>();
      this.#waiting.set(fwnode, waiting.add(dev));
    }
  }

  #awakeOn(bus: bus_type): Set<device> {
    const awake = this.#awake.get(bus) ?? new Set<device>();
    this.#awake.set(bus, awake);
    return awake;
  }
}

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
  const sleepers = new Sleepers();
  const { bus_add_device, bus_remove_device, walkBus, try_module_get } = design.functions;
  const { bus_iommu_probe, probe_iommu_group, iommu_device_register } = design.functions;
  let registering = false;
  const changes: Record<string, AnyFunction> = {
    *bus_add_device(k: kernel, dev: device): Task {
      sleepers.add(dev);
      yield* bus_add_device(k, dev);
    },
    *bus_remove_device(k: kernel, dev: device): Task {
      sleepers.remove(dev);
      yield* bus_remove_device(k, dev);
    },
    *iommu_device_register(k: kernel, iommu: iommu_device, ops: iommu_ops): Task<errno> {
      sleepers.wakeWaiting(iommu.dev.fwnode);
      if (iommu.withoutNode) sleepers.wakeWaiting(null);
      return yield* iommu_device_register(k, iommu, ops);
    },
    *bus_iommu_probe(k: kernel, bus: bus_type): Task<errno> {
      sleepers.wakeAllIf(k);
      registering = true;
      return yield* bus_iommu_probe(k, bus);
    },
    *walkBus(k: kernel, bus: bus_type, visit: (dev: device) => Step<errno>): Task<errno> {
      if (!registering) return yield* walkBus(k, bus, visit);
      registering = false;
      for (const dev of sleepers.awake(bus)) {
        const ret = yield* visit(dev);
        if (ret) return ret;
      }
      return 0;
    },
    *probe_iommu_group(k: kernel, dev: device, group_list: GroupList): Task<errno> {
      const visit: Visit = { missing: new Set(), found: false };
      sleepers.visit = visit;
      const ret = yield* probe_iommu_group(k, dev, group_list);
      sleepers.visit = null;
      if (!ret) sleepers.sleepIf(dev, visit);
      return ret;
    },
    *try_module_get(k: kernel, ops: iommu_ops): Task<boolean> {
      if (sleepers.visit !== null) sleepers.visit.found = true;
      return yield* try_module_get(k, ops);
    },
  };
  for (const name of changing) {
    const fn = present[name] as ((...args: never[]) => Task<unknown>) | undefined;
    if (fn === undefined) continue;
    changes[name] = function* (...args: never[]): Task<unknown> {
      const dev = args.find((arg: unknown) => arg instanceof device);
      if (dev !== undefined) sleepers.wake(dev);
      const result = yield* fn(...args);
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
      const { visit } = sleepers;
      if (result === null) visit?.missing.add(fwnode);
      else if (visit !== null) visit.found = true;
      return result;
    };
  }
  return apply(design.name, design, { subject: 'leave out visits that change nothing', changes });
}
