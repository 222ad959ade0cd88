import { Cell } from '../../explore/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The bus notifier and a driver that was loaded just now probe one device; its IOMMUs have long been there. */
export const addBind: Scenario = {
  name: 'add-bind',
  about: 'a device is added while a driver that matches it is loaded: the notifier against it',
  concurrency:
    'bus_add_device() puts the device where driver_attach() sees it before BUS_NOTIFY_ADD_DEVICE is sent; the driver holds device_lock(), which device_add() does not take.',
  unfit: () => null,
  besides: { late: true },
  contains: ['cover-letter', 'partial-fwspec', 'bind-iort', 'bind-viot'],
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client }) => {
    client.ready_to_probe = new Cell(k.world, 'dev->ready_to_probe', false);
    return [
      {
        name: 'CPU0  device_add()',
        *body() {
          yield* k.device_add(client);
          yield* k.bus_probe_device(client);
        },
      },
      {
        name: 'CPU1  driver_attach()',
        *body() {
          const devices = yield* k.busDevices(client.bus);
          if (devices.includes(client)) yield* bind(k, client);
        },
      },
    ];
  },
};
