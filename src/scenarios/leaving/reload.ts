import { Cell, write } from '../../explore/index.ts';
import { iommuDrivers } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';
import { unload } from './unload.ts';

/** The IOMMU that comes is not the one that went, which is freed. */
export const reload: Scenario = {
  name: 'reload',
  about: 'the module of an IOMMU driver is unloaded and loaded again while a client driver binds',
  concurrency:
    'A client has no reference to the module before probe_device(), so nothing keeps it; what the first driver has allocated is gone when driver_detach() has returned, and loading it again takes no lock that binding a client holds.',
  unfit: unload.unfit,
  contains: ['unload', 'cover-letter', 'partial-fwspec'],
  unregisters: true,
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client, iommus }) => {
    const first = present(iommus[0], 'an IOMMU');
    const driver = present(first.matches, 'its driver');
    const { instance: made } = present(
      iommuDrivers.find(({ name }) => k.iommu_drivers.get(name) === driver),
      'an IOMMU driver',
    );
    const behind = iommus.filter(({ matches }) => matches === driver);
    const old = behind.map((iommu) => k.instanceOf(iommu));
    for (const { dev, hardware } of old)
      k.renewed.set(dev, new made(k.world, `${dev.name} again`, dev, hardware));
    const ops = present(k.instanceOf(first).ops, 'a registered IOMMU');
    const going = new Cell(k.world, 'module->refcnt', k.module(ops).count);
    const loaded_again = new Cell(k.world, 'the driver is loaded again', false);
    k.going = going;
    k.loaded_again = loaded_again;
    return [
      { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
      {
        name: 'CPU1  delete_module(), load',
        *body() {
          if (yield* k.delete_module(driver)) return;
          for (const instance of old) yield* k.kfree(instance);
          yield* write(loaded_again, true);
          yield* write(going, 1);
          for (const iommu of behind) yield* bind(k, iommu);
        },
      },
    ];
  },
};
