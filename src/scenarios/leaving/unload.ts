import { Cell } from '../../explore/index.ts';
import { iommuDrivers, module } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Drivers that can be built as modules; the others never go. */
const modular: readonly string[] = [
  'arm-smmu',
  'arm-smmu-v3',
  'virtio-iommu',
  'apple-dart',
  'mtk_iommu',
  'sprd-iommu',
];

/** Only a probed device holds a reference to the module all the time. */
export const unload: Scenario = {
  name: 'unload',
  about: 'the module of an IOMMU driver is unloaded while a client driver binds',
  concurrency:
    'A module goes when nobody has a reference to it, and a client has none before probe_device(); driver_detach() takes the device_lock() of the IOMMU, iommu_device_unregister() no lock that binding holds.',
  unfit: ({ iommus }) =>
    iommus.every(({ compatible }) =>
      iommuDrivers.some(
        (driver) => modular.includes(driver.name) && driver.compatible.includes(compatible),
      ),
    )
      ? null
      : 'its IOMMU driver is part of the kernel',
  unregisters: true,
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client, iommus }) => {
    const first = present(iommus[0], 'an IOMMU');
    const ops = present(k.instanceOf(first).ops, 'a registered IOMMU');
    k.going = new Cell(k.world, 'refcnt', k.module(ops).count, new module(k.world, 'module'));
    return [
      { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
      {
        name: 'CPU1  delete_module()',
        *body() {
          if (first.matches !== null) yield* k.delete_module(first.matches);
        },
      },
    ];
  },
};
