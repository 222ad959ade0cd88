import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** The race of the cover letter of the series, and of patch 11. */
export const coverLetter: Scenario = {
  name: 'cover-letter',
  about: 'a client driver binds while the IOMMU of its device registers',
  concurrency:
    'Binding holds the device lock of the client, registration that of the IOMMU; the walk over the bus takes neither.',
  atBoot: true,
  unfit: ({ firmware }) => (firmware === undefined ? null : 'no devicetree describes the device'),
  offered: ({ iommus }) => iommus.slice(1),
  tasks: ({ k, client, iommus: [first] }) => [
    { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, first ?? client) },
  ],
};
