import { join, spawn, write } from '../../explore/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Two walks over one bus; what they leave must do for the client, which comes after them. */
export const twoRegistrations: Scenario = {
  name: 'two-registrations',
  about:
    'two IOMMUs of one kind register at once, then the client driver that waits is tried again',
  concurrency:
    'Each IOMMU registers under the device_lock() of its own platform device, and asynchronous probing (driver_async_probe=) runs both at once; iommu_probe_device_lock is held for one device, not for a walk, and iommu_device_lock for a look at the list.',
  leaves: 'waiting',
  unfit: () => null,
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus.slice(1), client],
  tasks: ({ k, client, iommus: [first], other }) => {
    k.driver_deferred_probe_enable.value = false; // until late_initcall
    return [
      {
        name: 'CPU0  initcalls',
        *body() {
          const second = yield* spawn(k.world, 'CPU1  iommu_device_register()', () =>
            bind(k, other ?? client),
          );
          yield* bind(k, first ?? client);
          yield* join(second);
          yield* write(k.driver_deferred_probe_enable, true);
          yield* k.driver_deferred_probe_trigger();
        },
      },
    ];
  },
};
