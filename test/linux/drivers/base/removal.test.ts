// Unbinding, removing, unloading: drivers/base/dd.c, core.c, bus.c, kernel/module/main.c
import { describe, expect, test } from 'vitest';
import { Cell } from '../../../../src/explore/index.ts';
import { type device, EWOULDBLOCK } from '../../../../src/linux/index.ts';
import { idsOf, imbalances, inLab, type Lab, missing, type Plan } from '../../lab.ts';

const plan: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 1]]] };

/** The lab with its IOMMU and its client bound. */
function withBoundClient(body: (lab: Lab) => void): void {
  inLab(plan, (lab) => {
    lab.addAll();
    expect(lab.bind(lab.iommu())).toBe(true);
    expect(lab.bind(lab.client())).toBe(true);
    body(lab);
  });
}

describe('device_release_driver', () => {
  test('takes back the claim on the group; the group and the description stay', () => {
    withBoundClient(({ k, run, client }) => {
      const group = client().iommu_group.value;
      expect(group?.owner_cnt.value).toBe(1);
      run(() => k.device_release_driver(client()));
      expect(client().driver.value).toBeNull();
      expect(client().iommu_group.value).toBe(group);
      expect(group?.owner_cnt.value).toBe(0);
      expect(idsOf(client())).toEqual([1]);
    });
  });

  test('is undone by binding again: the same group, one claim, the same description', () => {
    withBoundClient(({ k, run, bind, client }) => {
      const group = client().iommu_group.value;
      const fwspec = client().iommu.value?.fwspec.value;
      run(() => k.device_release_driver(client()));
      expect(bind(client())).toBe(true);
      expect(client().iommu_group.value).toBe(group);
      expect(client().iommu.value?.fwspec.value).toBe(fwspec);
      expect(group?.owner_cnt.value).toBe(1);
    });
  });

  test('does nothing to a device without a driver', () => {
    inLab(plan, ({ k, run, addAll, client }) => {
      addAll();
      run(() => k.device_release_driver(client()));
      expect(client().driver.value).toBeNull();
    });
  });
});

describe('device_del', () => {
  test('leaves nothing of the device: no driver, no group, no memory, no reference', () => {
    withBoundClient((lab) => {
      const { k, run, client, world } = lab;
      run(() => k.device_del(client()));
      expect(client().driver.value).toBeNull();
      expect(client().iommu_group.value).toBeNull();
      expect(client().iommu.value).toBeNull();
      expect(world.heap.every(({ freed }) => freed)).toBe(true);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('frees the description of a device that waits for its IOMMU, and ends its waiting', () => {
    inLab(plan, (lab) => {
      const { k, run, addAll, bind, client, world } = lab;
      addAll();
      bind(client());
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      run(() => k.device_del(client()));
      expect([...k.deferred_probe_pending_list.value]).toEqual([]);
      expect(world.heap.every(({ freed }) => freed)).toBe(true);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('lets no driver bind any more', () => {
    withBoundClient(({ k, run, bind, client }) => {
      run(() => k.device_del(client()));
      expect(bind(client())).toBe(false);
      run(() => k.bus_probe_device(client()));
      expect(client().driver.value).toBeNull();
    });
  });
});

test('a walk meets devices that come, and not those that go before their turn', () => {
  inLab({ ...plan, clients: [[], [], []] }, ({ k, run, iommu, client }) => {
    for (const dev of [iommu(), client(0), client(1)]) run(() => k.bus_add_device(dev));
    const met: device[] = [];
    run(() =>
      k.walkBus(client().bus, function* (dev) {
        met.push(dev);
        if (dev === iommu()) yield* k.bus_remove_device(client(0));
        if (dev === client(1)) yield* k.bus_add_device(client(2));
        return 0;
      }),
    );
    expect(met).toEqual([iommu(), client(1), client(2)]);
  });
});

describe('delete_module', () => {
  const unloadable = (lab: Lab) => {
    lab.k.going = new Cell(lab.world, 'module->refcnt', 1);
    const drv = lab.iommu().matches ?? missing();
    const errors: number[] = [];
    lab.run(function* () {
      errors.push(yield* lab.k.delete_module(drv));
    });
    return errors[0];
  };

  test('unregisters the instances, of which nothing is found any more', () => {
    inLab(plan, (lab) => {
      const { k, run, addAll, bind, iommu, client } = lab;
      addAll();
      bind(iommu());
      expect(unloadable(lab)).toBe(0);
      expect(iommu().driver.value).toBeNull();
      expect(iommu().drvdata.value).toBeNull();
      expect([...k.iommu_device_list.value]).toEqual([]);
      expect(bind(client())).toBe(false);
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      expect(run(() => k.try_module_get(k.opsOf('virtio-iommu')))).toBe(false);
    });
  });

  test('is refused while a device behind the IOMMU is probed', () => {
    inLab(plan, (lab) => {
      const { k, world, addAll, bind, iommu, client } = lab;
      addAll();
      bind(iommu());
      k.going = new Cell(world, 'module->refcnt', 1);
      bind(client());
      expect(k.going.value).toBe(2);
      const errors: number[] = [];
      lab.run(function* () {
        errors.push(yield* k.delete_module(iommu().matches ?? missing()));
      });
      expect(errors).toEqual([-EWOULDBLOCK]);
      expect(iommu().driver.value).not.toBeNull();
    });
  });
});
