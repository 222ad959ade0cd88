import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** What the walk meets decides whether an IOMMU registers at all; half of it is then taken back. */
export const failedRegistration: Scenario = {
  name: 'failed-registration',
  about: 'an IOMMU runs out of memory half-way through its registration while its client binds',
  concurrency:
    'iommu_device_unregister() takes back what the walk has done with no lock but group->mutex and iommu_device_lock; binding holds the device_lock() of the client, which neither the walk nor its undoing takes.',
  unfit: () => null,
  faults: 1,
  offered: ({ iommus }) => iommus.slice(1),
  tasks: ({ k, client, iommus: [first] }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client), spared: true },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, first ?? client) },
  ],
};
