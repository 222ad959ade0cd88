import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Every error path of the client's side, one allocation at a time. */
export const noMemory: Scenario = {
  name: 'no-memory',
  about:
    'an allocation fails while a client driver binds and an IOMMU that is not its own registers',
  concurrency:
    'Binding holds the device_lock() of the client, registration that of the IOMMU; what a failed parse leaves in dev->iommu is there for the walk, which takes neither.',
  unfit: () => null,
  besides: { other: true },
  faults: 1,
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client, other }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client), spared: true },
  ],
};
