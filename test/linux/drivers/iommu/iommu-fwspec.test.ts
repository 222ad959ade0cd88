// drivers/iommu/iommu.c: iommu_fwspec_init(), iommu_fwspec_add_ids(), iommu_fwspec_free()
import { expect, test } from 'vitest';
import { type device, EINVAL, type iommu_fwspec } from '../../../../src/linux/index.ts';
import { idsOf, inLab, type Lab } from '../../lab.ts';

const plan = { iommus: ['virtio-iommu', 'virtio-iommu'], clients: [[[0, 1]]] } as const;

function fwspecOf(dev: device): iommu_fwspec | null {
  return dev.iommu.value?.fwspec.value ?? null;
}

function nodeOf({ iommu }: Lab, index: number) {
  const { of_node } = iommu(index);
  if (of_node === null) throw new Error('the IOMMU has no node');
  return of_node;
}

test('the first call allocates dev->iommu and a fwspec that names the IOMMU', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    const ops = k.opsOf('virtio-iommu');
    expect(run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), ops))).toBe(0);
    const fwspec = fwspecOf(client());
    expect(fwspec?.ops.value).toBe(ops);
    expect(fwspec?.iommu_fwnode.value).toBe(nodeOf(lab, 0));
    expect(idsOf(client())).toEqual([]);
  });
});

// The first IOMMU's ops, the second's, the answer to the second call.
test.each([
  ['a second IOMMU of the same driver is accepted', 'virtio-iommu', 'virtio-iommu', 0],
  ['a second IOMMU of another driver is -EINVAL', 'virtio-iommu', 'arm-smmu', -EINVAL],
  ['a second IOMMU that has not registered is -EINVAL', 'virtio-iommu', null, -EINVAL],
  ['a second one behind a placeholder is -EINVAL', null, 'virtio-iommu', -EINVAL],
  ['two that have not registered share the placeholder', null, null, 0],
] as const)('%s', (_guarantee, first, second, answer) => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    const opsOf = (name: typeof first | typeof second) => (name === null ? null : k.opsOf(name));
    run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), opsOf(first)));
    const before = fwspecOf(client());
    expect(run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 1), opsOf(second)))).toBe(answer);
    // Whatever the answer, the description of the first stays as it was.
    expect(fwspecOf(client())).toBe(before);
    expect(before?.freed).toBe(false);
    expect(before?.ops.value).toBe(opsOf(first));
    expect(before?.iommu_fwnode.value).toBe(nodeOf(lab, 0));
  });
});

test('IDs without a fwspec are -EINVAL', () => {
  inLab(plan, ({ k, run, client }) => {
    expect(run(() => k.iommu_fwspec_add_ids(client(), [1]))).toBe(-EINVAL);
    expect(client().iommu.value).toBeNull();
  });
});

test('IDs are appended in order, the same ones again too', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), k.opsOf('virtio-iommu')));
    for (const ids of [[7], [3, 7], [3]])
      expect(run(() => k.iommu_fwspec_add_ids(client(), ids))).toBe(0);
    expect(idsOf(client())).toEqual([7, 3, 7, 3]);
  });
});

// 24 bytes and 4 for each ID. The slabs above 24 bytes have 32, 64, 96, 128 and 192, so they are
// full with 2, 10, 18, 26 and 42 IDs.
test('the fwspec moves when its slab is full, and not before', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), k.opsOf('virtio-iommu')));
    const moves: number[] = [];
    for (let count = 1; count <= 43; count++) {
      const before = fwspecOf(client());
      run(() => k.iommu_fwspec_add_ids(client(), [count]));
      if (fwspecOf(client()) === before) continue;
      moves.push(count);
      expect(before?.freed).toBe(true);
      expect(fwspecOf(client())?.ops.value).toBe(k.opsOf('virtio-iommu'));
      expect(fwspecOf(client())?.iommu_fwnode.value).toBe(nodeOf(lab, 0));
    }
    expect(moves).toEqual([3, 11, 19, 27, 43]);
    expect(idsOf(client())).toEqual(Array.from({ length: 43 }, (_, i) => i + 1));
  });
});

test('one call with as many IDs as do not fit moves it once', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), k.opsOf('virtio-iommu')));
    const before = fwspecOf(client());
    run(() => k.iommu_fwspec_add_ids(client(), [1, 2, 3]));
    expect(before?.freed).toBe(true);
    expect(lab.world.heap.length).toBe(3); // dev_iommu, and the fwspec twice
  });
});

test('freeing the fwspec drops its reference to the node and keeps dev->iommu', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    const node = nodeOf(lab, 0);
    run(() => k.iommu_fwspec_init(client(), node, null));
    expect(k.of_node(node).count).toBe(2);
    run(() => k.iommu_fwspec_free(client()));
    expect(k.of_node(node).count).toBe(1);
    expect(fwspecOf(client())).toBeNull();
    expect(client().iommu.value?.freed).toBe(false);
  });
});

test('freeing it twice is no double free', () => {
  inLab(plan, (lab) => {
    const { k, run, client } = lab;
    run(() => k.iommu_fwspec_init(client(), nodeOf(lab, 0), null));
    run(() => k.iommu_fwspec_free(client()));
    run(() => k.iommu_fwspec_free(client()));
    expect(fwspecOf(client())).toBeNull();
  });
});
