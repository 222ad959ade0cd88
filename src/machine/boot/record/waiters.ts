import type { device, kernel } from '../../../linux/index.ts';

/** Deferred devices, and for which of them another try would end as the last one did. */
export class Waiters {
  /** Among those that wait for another try. */
  readonly #asleep = new Set<device>();
  /** When the last try of a device began. */
  readonly #began = new Map<device, number>();
  /** How often something has come that somebody can wait for. */
  #comings = 0;
  #state = '';

  begin(dev: device): void {
    this.#asleep.delete(dev);
    this.#began.set(dev, this.#comings);
  }

  /** It has been deferred, and nothing has come while it was tried. */
  sleepIfSame(dev: device): void {
    if (this.#began.get(dev) === this.#comings) this.#asleep.add(dev);
  }

  remove(dev: device): void {
    this.#asleep.delete(dev);
  }

  wakeAll(): void {
    this.#comings++;
    this.#asleep.clear();
  }

  /** How long devices wait has changed. */
  wakeAllIf({ initcalls_done, driver_deferred_probe_timeout }: kernel): void {
    const state = `${initcalls_done.value} ${driver_deferred_probe_timeout.value}`;
    if (state === this.#state) return;
    this.#state = state;
    this.wakeAll();
  }

  /** Each would go round and be where it was. */
  areAllAsleep({ deferred_probe_active_list, deferred_probe_pending_list }: kernel): boolean {
    const { length } = deferred_probe_pending_list.value;
    const isIdle = deferred_probe_active_list.value.length === 0;
    return isIdle && length > 0 && length === this.#asleep.size;
  }
}
