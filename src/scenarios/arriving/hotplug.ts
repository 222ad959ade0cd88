import type { Scenario } from '../scenario.ts';
import { bind, unplug } from '../setup.ts';

/** The bus notifier and the walk over the bus offer one device to the IOMMU drivers. */
export const hotplug: Scenario = {
  name: 'hotplug',
  about: 'a device is added while its IOMMU registers: the bus notifier against the walk',
  concurrency:
    'bus_add_device() puts the device where walks see it before BUS_NOTIFY_ADD_DEVICE is sent; the notifier runs without device_lock(), and the klist of the bus locks nobody out while the walk works on a device.',
  unfit: () => null,
  offered: ({ iommus }) => iommus.slice(1),
  tasks: ({ k, client, iommus }) => {
    unplug(client);
    return [
      {
        name: 'CPU0  device_add()',
        *body() {
          yield* k.device_add(client);
          yield* k.bus_probe_device(client);
        },
      },
      { name: 'CPU1  iommu_device_register()', body: () => bind(k, iommus[0] ?? client) },
    ];
  },
};
