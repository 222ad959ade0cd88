import type { Scenario } from '../scenario.ts';
import { bind, deferredProbeWork } from '../setup.ts';

/** Two who want to bind one device. */
export const deferredWork: Scenario = {
  name: 'deferred-work',
  about: 'the deferred-probe work retries a device while a module binds its driver to it',
  concurrency:
    'deferred_probe_work_func() lets go of deferred_probe_mutex before bus_probe_device(), and device_lock() is free until one of the two takes it.',
  leaves: 'waiting',
  unfit: () => null,
  offered: ({ client, iommus }) => [client, ...iommus],
  tasks: ({ k, client }) => [
    deferredProbeWork(k),
    { name: 'CPU1  driver bind: really_probe()', body: () => bind(k, client) },
  ],
};
