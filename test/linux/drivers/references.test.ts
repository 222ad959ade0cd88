// Who keeps a reference to the device of an IOMMU that it has looked up.
import { expect, test } from 'vitest';
import type { Task } from '../../../src/explore/index.ts';
import type { DriverName } from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { imbalances, inLab, type Lab, missing, type Plan } from '../lab.ts';

const forgetful: readonly (readonly [DriverName, 0 | 1])[] = [
  ['apple-dart', 1],
  ['exynos-sysmmu', 0],
  ['ipmmu-vmsa', 1],
  ['mtk_iommu', 1],
  ['qcom_iommu', 1],
  ['sun50i-iommu', 1],
];
const careful: readonly (readonly [DriverName, 0 | 1])[] = [
  ['arm-smmu', 1],
  ['arm-smmu-v3', 1],
  ['rockchip-iommu', 0],
  ['sprd-iommu', 0],
  ['virtio-iommu', 1],
];

function kept(driver: DriverName, cells: 0 | 1, kernel: string): number {
  const plan: Plan = { iommus: [driver], cells, clients: [[cells === 0 ? [0] : [0, 1]]] };
  return inLab(
    plan,
    (lab) => {
      lab.addAll();
      for (const dev of [lab.iommu(), lab.client()]) expect(lab.bind(dev)).toBe(true);
      expect(lab.client().iommu_group.value).not.toBeNull();
      return imbalances(lab, 'devices').length;
    },
    { design: designOf(kernel) },
  );
}

test.each(forgetful)('%s keeps one until the fixes of v6.19, which came back', (driver, cells) => {
  const kernels = ['v6.1', 'v6.7-rc1', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'];
  const keep = kernels.filter((kernel) => kept(driver, cells, kernel) > 0);
  expect(keep).toEqual(['v6.7-rc1', 'v6.7', 'v6.8', 'v6.15', 'v6.16']);
});

test.each(careful)('%s keeps none', (driver, cells) => {
  for (const kernel of ['v6.1', 'v6.7-rc1', 'v6.12', 'v6.15', 'v7.3'])
    expect(kept(driver, cells, kernel)).toBe(0);
});

/** A client that is read with no concurrency, in `kernel`. */
function parsed(plan: Plan, kernel: string, before: (lab: Lab) => void): [number, string[]] {
  return inLab(
    plan,
    (lab) => {
      lab.addAll();
      plan.iommus.forEach((_, i) => {
        expect(lab.bind(lab.iommu(i))).toBe(true);
      });
      before(lab);
      const { k, client, world } = lab;
      const node = client().dma_node ?? missing();
      const ret = lab.run(() => k.parseIommus(client(), node, null));
      return [
        ret,
        world.failures.map(({ kind }) => kind).concat(imbalances(lab, 'devices') as never),
      ];
    },
    { design: designOf(kernel) },
  );
}

test('a second instance of qcom_iommu is given back where the first is kept', () => {
  const plan: Plan = {
    iommus: ['qcom_iommu', 'qcom_iommu'],
    clients: [
      [
        [0, 1],
        [1, 1],
      ],
    ],
  };
  const [ret, wrong] = parsed(plan, 'v6.7-rc1', () => {});
  expect(ret).toBe(-22);
  expect(wrong).toEqual(['warn', 'device 1000.iommu ends with 1 reference(s) too many']);
});

test('a SYSMMU that is not set up is given back', () => {
  const plan: Plan = { iommus: ['exynos-sysmmu'], cells: 0, clients: [[[0]]] };
  const [ret, wrong] = parsed(plan, 'v6.7-rc1', ({ iommu }) => {
    iommu().drvdata.value = null;
  });
  expect([ret, wrong]).toEqual([-19, []]);
});

test.each([
  ['v6.12', []],
  ['v7.3', ['device 1000.iommu ends with 1 reference(s) too many']],
])(
  'rockchip-iommu of %s has looked its IOMMU up when it gets no memory: %j',
  (kernel, expected) => {
    const plan: Plan = { iommus: ['rockchip-iommu'], cells: 0, clients: [[[0]]] };
    const [ret, wrong] = parsed(plan, kernel, ({ k }) => {
      Object.assign(k, { kzalloc: noMemory });
    });
    expect([ret, wrong]).toEqual([-12, expected]);
  },
);

function* noMemory(): Task<null> {
  return null;
}
