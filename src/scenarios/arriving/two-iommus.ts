import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The case that the replies to patch 6 are about. */
export const twoIommus: Scenario = {
  name: 'two-iommus',
  about: 'a client driver binds while the second of its two IOMMUs registers',
  concurrency:
    'The IOMMUs are devices of their own; the second one can be late for a clock, a power domain or a module.',
  atBoot: true,
  unfit: ({ iommus }) => (iommus.length < 2 ? 'the device has one IOMMU only' : null),
  offered: ({ iommus }) => iommus.slice(0, -1),
  tasks: ({ k, client, iommus }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, iommus.at(-1) ?? client) },
  ],
};
