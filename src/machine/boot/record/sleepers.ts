import type { bus_type, device, fwnode_handle, kernel } from '../../../linux/index.ts';

/** What a visit has found out. */
export interface Visit {
  /** The nodes whose IOMMU was looked for, and has not registered. */
  readonly missing: Set<fwnode_handle | null>;
  /** An IOMMU was found, or its driver was asked. */
  found: boolean;
}

/** Who is in a group, or waits for IOMMUs that have not registered, and need not be visited. */
export class Sleepers {
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
