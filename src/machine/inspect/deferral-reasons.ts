// What becomes of devices that wait when the time for that is over.

import type { Boot } from '../boot/boot.ts';
import type { DeviceOutcome } from '../inspection.ts';
import type { MachineDevice } from '../machine.ts';

/** The boot goes on until the time-out has passed, when somebody wants to know of the first device. */
export class Deferral {
  readonly #boot: Boot;
  readonly #outcomeOf: (boot: Boot, of: MachineDevice) => DeviceOutcome;
  #later: Boot | null = null;

  constructor(boot: Boot, outcomeOf: (boot: Boot, of: MachineDevice) => DeviceOutcome) {
    this.#boot = boot;
    this.#outcomeOf = outcomeOf;
  }

  /** How long a device that waits, or what brings it, goes on with it. */
  endOf(of: MachineDevice): string {
    const { deferred_probe_timeout } = this.#boot.k.config;
    if (deferred_probe_timeout !== null && deferred_probe_timeout < 0)
      return 'deferred_probe_timeout= is negative: it waits for ever';
    this.#later ??= this.#boot.afterTimeout();
    return ends[this.#outcomeOf(this.#later, of)];
  }
}

const ends: Readonly<Record<DeviceOutcome, string>> = {
  direct: 'once the deferral time-out has passed, its driver binds without an IOMMU',
  deferred: 'it goes on waiting when the deferral time-out has passed',
  translated: 'once the deferral time-out has passed, it gets its IOMMU',
  identity: 'once the deferral time-out has passed, it gets its IOMMU',
  absent: 'nor is it there when the deferral time-out has passed',
  failed: 'once the deferral time-out has passed, it is probed, and that fails',
};
