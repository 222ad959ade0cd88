import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The IOMMU comes just when the kernel gives it up. */
export const deferralTimeout: Scenario = {
  name: 'deferral-timeout',
  about: 'the deferral time-out ends while the IOMMU that a client driver waits for registers',
  concurrency:
    'The time-out is a work item of its own and holds no lock but deferred_probe_mutex for a moment; the IOMMU registers under the device_lock() of its own device.',
  leaves: 'given up',
  wentFirst: 'the deferral time-out',
  unfit: () => null,
  offered: ({ iommus, client }) => [...iommus.slice(0, -1), client],
  tasks: ({ k, client, iommus }) => [
    {
      name: 'CPU0  deferral time-out',
      *body() {
        yield* k.deferred_probe_timeout_work_func();
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, iommus.at(-1) ?? client) },
  ],
  givesUp: true,
  // The kernel has said that it gives up waiting.
  mayLackIommu: () => true,
};
