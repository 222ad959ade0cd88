import { present } from '../../util/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Hot-plugging: what the first device leaves behind is there for the second. */
export const removeAdd: Scenario = {
  name: 'remove-add',
  about: 'a device is removed and made anew, with the same IDs, while an IOMMU registers',
  concurrency:
    'A rescan makes a new struct device as soon as device_del() has returned for the old one; a walk that has come to the old one may still be at work on it, and in the IOMMU both have the same IDs.',
  contains: ['remove-device', 'hotplug', 'partial-fwspec'],
  unfit: () => null,
  besides: { other: true, again: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, again, other }) => {
    const anew = present(again, 'the device made anew');
    return [
      {
        name: 'CPU0  device_del(), device_add()',
        *body() {
          yield* k.device_del(client);
          yield* k.device_add(anew);
          yield* k.bus_probe_device(anew);
        },
      },
      { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
    ];
  },
};
