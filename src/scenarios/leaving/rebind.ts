import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The IOMMU state of a device belongs to the device, not to the driver that is bound. */
export const rebind: Scenario = {
  name: 'rebind',
  about: 'a driver is unbound from its device and bound again while another IOMMU registers',
  concurrency:
    'Unbinding and binding through sysfs hold the device_lock() of the client; the walk of a registration looks at each device of the bus without it.',
  unfit: () => null,
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, other }) => [
    {
      name: 'CPU0  unbind and bind',
      *body() {
        yield* k.device_release_driver(client);
        yield* bind(k, client);
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
