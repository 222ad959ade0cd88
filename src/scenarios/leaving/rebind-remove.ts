import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** A driver that comes back to a device which then goes. */
export const rebindRemove: Scenario = {
  name: 'rebind-remove',
  about:
    'a driver is unbound and bound again, then its device is removed, while an IOMMU registers',
  concurrency:
    'One after the other they hold the device_lock() of the client, and at the end iommu_release_device() holds nothing that the walk of a registration holds, which may have come to the device at any of these points.',
  contains: ['remove-device', 'rebind'],
  unfit: () => null,
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, other }) => [
    {
      name: 'CPU0  unbind, bind, device_del()',
      *body() {
        yield* k.device_release_driver(client);
        yield* bind(k, client);
        yield* k.device_del(client);
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
