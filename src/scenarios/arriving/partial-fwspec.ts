import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The second race that patch 11 names. */
export const partialFwspec: Scenario = {
  name: 'partial-fwspec',
  about:
    'a client driver binds while an IOMMU that is not its own registers: probe can see a half-built fwspec',
  concurrency:
    'The walk of any registration offers every device of the bus to the driver, also those whose IOMMU has been there for long.',
  atBoot: true,
  unfit: () => null,
  besides: { other: true },
  twoSpecifiers: true,
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client, other }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
