// drivers/base/bus.c, drivers/base/core.c, arch/arm64/mm/dma-mapping.c
import { expect, test } from 'vitest';
import type { Task } from '../../../../src/explore/index.ts';
import { apply, base, type device, type kernel } from '../../../../src/linux/index.ts';
import { inLab, missing, type Plan } from '../../lab.ts';

const plan: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 1]]] };

function* boundAs(k: kernel, dev: device): Task<device | null> {
  return yield* k.driver_find_device_by_fwnode(dev.matches ?? missing(), dev.of_node);
}

test('a walk over a bus meets devices in the order in which they were added', () => {
  inLab({ ...plan, clients: [[], [], []] }, ({ k, run, client }) => {
    for (const index of [2, 0, 1]) run(() => k.device_add(client(index)));
    expect([...run(() => k.busDevices(client().bus))]).toEqual([client(2), client(0), client(1)]);
  });
});

test('an instance whose probe has not returned is not found by driver_find_device_by_fwnode', () => {
  const seen: (string | null)[] = [];
  const design = apply('spy', base, {
    subject: 'look for the instance while it registers',
    replaces: {
      *bus_iommu_probe(k, bus) {
        const dev = k.iommu_device_list.value.at(0)?.dev ?? missing();
        seen.push((yield* boundAs(k, dev))?.name ?? null);
        return yield* base.functions.bus_iommu_probe(k, bus);
      },
    },
  });
  inLab(
    plan,
    ({ k, run, addAll, bind, iommu }) => {
      addAll();
      bind(iommu());
      expect(seen).toEqual(k.iommu_buses.map(() => null));
      expect(run(() => boundAs(k, iommu()))).toBe(iommu());
    },
    { design },
  );
});

test('an IOMMU’s device is found by its node among platform devices', () => {
  inLab(plan, ({ k, run, addAll, iommu }) => {
    const node = iommu().of_node ?? missing();
    expect(run(() => k.of_find_device_by_node(node))).toBeNull();
    addAll();
    expect(run(() => k.of_find_device_by_node(node))).toBe(iommu());
  });
});

test('a device that is added behind a driver for its bus is offered to it, and refused', () => {
  inLab(plan, ({ k, run, bind, iommu, client, world }) => {
    run(() => k.device_add(iommu()));
    bind(iommu());
    const before = world.heap.length;
    run(() => k.device_add(client())); // its fwspec is made later, when its own driver binds
    expect(world.heap.length).toBe(before + 1);
    expect(client().iommu.value).toBeNull();
    expect(world.heap.every(({ freed }) => freed)).toBe(true);
  });
});

test('DMA operations without a domain stay direct, with a warning', () => {
  inLab(plan, ({ k, run, client }) => {
    run(() => k.arch_setup_dma_ops(client(), k.opsOf('virtio-iommu')));
    expect(client().dma_ops.value).toBeNull();
    expect(k.log.filter(({ level }) => level === 'warn').length).toBe(1);
  });
});

test('a device without an IOMMU gets no DMA operations and no warning', () => {
  inLab(plan, ({ k, run, client }) => {
    run(() => k.arch_setup_dma_ops(client(), null));
    expect(client().dma_ops.value).toBeNull();
    expect(k.log).toEqual([]);
  });
});
