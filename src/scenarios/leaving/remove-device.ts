import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** A device goes while a walk holds it. */
export const removeDevice: Scenario = {
  name: 'remove-device',
  about: 'a device is removed while an IOMMU that is not its own registers',
  concurrency:
    'klist_del() does not wait for a walk that has come to the device; iommu_release_device() runs from BUS_NOTIFY_REMOVED_DEVICE without device_lock() and never takes iommu_probe_device_lock, under which the walk probes.',
  unfit: () => null,
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, other }) => [
    {
      name: 'CPU0  device_del()',
      *body() {
        yield* k.device_del(client);
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
