import { Cell, write } from '../explore/index.ts';
import { iommuDrivers } from '../linux/index.ts';
import { present } from '../util/index.ts';
import type { Scenario } from './scenario.ts';
import { bind } from './setup.ts';
import { unload } from './unload.ts';

/** The IOMMU that comes is not the one that went, which is freed. */
export const reload: Scenario = {
  name: 'reload',
  about: 'the module of an IOMMU driver is unloaded and loaded again while a client driver binds',
  concurrency:
    'A client has no reference to the module before probe_device(), so nothing keeps it; what the first driver has allocated is gone when driver_detach() has returned, and loading it again takes no lock that binding a client holds.',
  unfit: unload.unfit,
  unregisters: true,
  offered: ({ iommus }) => iommus,
  tasks: (booted) => {
    const { k, client, iommus } = booted;
    const drivers = iommus.map((iommu) => {
      const { ops } = k.instanceOf(iommu);
      return present(
        iommuDrivers.find(({ name }) => name === ops?.driver),
        'a driver that has registered',
      );
    });
    const [first] = iommus.map((iommu) => k.instanceOf(iommu));
    k.loaded_again = new Cell(k.world, 'the driver is loaded again', false);
    k.going = new Cell(k.world, 'module->refcnt', k.module(present(first?.ops, 'its ops')).count);
    const { going, loaded_again } = k;
    const old = iommus.map((iommu) => k.instanceOf(iommu));
    iommus.forEach((iommu, i) => {
      const { instance } = present(drivers[i], 'its driver');
      const { hardware } = k.instanceOf(iommu);
      k.renewed.set(iommu, new instance(k.world, `${iommu.name} again`, iommu, hardware));
    });
    return [
      { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
      {
        name: 'CPU1  delete_module(), load',
        *body() {
          const driver = iommus[0]?.matches ?? null;
          if (driver === null || (yield* k.delete_module(driver))) return;
          for (const instance of old) yield* k.kfree(instance);
          yield* write(loaded_again, true);
          yield* write(going, 1);
          for (const iommu of iommus) yield* bind(k, iommu);
        },
      },
    ];
  },
};
