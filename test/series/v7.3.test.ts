// v7.3 as of 7.3.4.
import { describe, expect, test } from 'vitest';
import { designOf } from '../../src/series/index.ts';
import { idsOf, inLab, type Lab, nth, type Plan, type Specifier } from '../linux/lab.ts';

function inKernel(kernel: string, plan: Plan, body: (lab: Lab) => void): void {
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      plan.iommus.forEach((_, i) => {
        expect(lab.bind(lab.iommu(i))).toBe(true);
      });
      body(lab);
    },
    { design: designOf(kernel) },
  );
}

test.each([
  ['v6.16', false],
  ['v7.3', true],
])('in %s the clients of a virtio-iommu have groups when it has registered: %s', (kernel, has) => {
  inKernel(kernel, { iommus: ['virtio-iommu'], clients: [[[0, 7]]] }, ({ client }) => {
    expect(client().iommu_group.value !== null).toBe(has);
  });
});

describe('behind three DARTs', () => {
  const streams: Specifier[] = [
    [0, 1],
    [1, 2],
    [2, 3],
  ];
  const plan: Plan = { iommus: ['apple-dart', 'apple-dart', 'apple-dart'], clients: [streams] };

  test.each([
    ['v6.16', false],
    ['v7.3', true],
  ])('in %s a device gets a group: %s', (kernel, has) => {
    inKernel(kernel, plan, ({ client }) => {
      expect(client().iommu_group.value !== null).toBe(has);
    });
  });
});

test('a StreamID that another device has is -ENODEV, which does not end the walk', () => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]], [[0, 7]], [[0, 8]]] };
  inKernel('v7.3', plan, ({ client }) => {
    const groups = [0, 1, 2].map((i) => client(i).iommu_group.value !== null);
    expect(groups).toEqual([true, false, true]);
    expect(idsOf(client(1))).toBeNull();
  });
});

test('before v7.3 it is -EINVAL, and no SMMUv3 with such clients registers', () => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]], [[0, 7]]] };
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu())).toBe(false);
      expect([0, 1].map((i) => nth([lab.client(i)], 0).iommu_group.value)).toEqual([null, null]);
    },
    { design: designOf('v6.16') },
  );
});
