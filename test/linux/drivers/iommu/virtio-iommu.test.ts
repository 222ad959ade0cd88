// drivers/iommu/virtio-iommu.c
import { expect, test } from 'vitest';
import { ENODEV } from '../../../../src/linux/index.ts';
import { idsOf, imbalances, inLab, missing, type Plan } from '../../lab.ts';

const plan: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 9]]] };

test('the argument is the endpoint’s ID', () => {
  inLab(plan, ({ addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu());
    bind(client());
    expect(idsOf(client())).toEqual([9]);
    expect(client().dma_ops.value).toBe('iommu_dma_ops');
  });
});

test('two endpoints with one ID are not refused, and do not share a group', () => {
  inLab({ ...plan, clients: [[[0, 9]], [[0, 9]]] }, ({ addAll, bind, iommu, client }) => {
    addAll();
    for (const dev of [iommu(), client(0), client(1)]) bind(dev);
    expect(client(0).iommu_group.value).not.toBeNull();
    expect(client(1).iommu_group.value).not.toBeNull();
    expect(client(1).iommu_group.value).not.toBe(client(0).iommu_group.value);
  });
});

test('an instance whose own probe has not returned is -ENODEV', () => {
  inLab(plan, (lab) => {
    const { k, run, addAll, iommu, client } = lab;
    addAll();
    run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('virtio-iommu')));
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('the driver binds although its registration fails', () => {
  const mixed: Plan = { iommus: ['arm-smmu', 'virtio-iommu'], clients: [[[0, 9]]] };
  inLab(mixed, ({ k, addAll, bind, iommu }) => {
    addAll();
    expect(bind(iommu(0))).toBe(true);
    expect(bind(iommu(1))).toBe(true);
    expect([...k.iommu_device_list.value]).toEqual([k.instanceOf(iommu(0))]);
  });
});
