import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Two devices that have nothing in common but their IOMMU, and their group where they share one. */
export const twoClients: Scenario = {
  name: 'two-clients',
  about: 'two client drivers bind at once, behind one IOMMU that has long been there',
  concurrency:
    'device_lock() is a lock of each device: two modules, or a module and the deferred-probe work, run really_probe() side by side.',
  unfit: () => null,
  besides: { second: true },
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client, second }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
    { name: 'CPU1  driver bind: really_probe()', body: () => bind(k, second ?? client) },
  ],
};
