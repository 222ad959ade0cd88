// drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c
import { expect, test } from 'vitest';
import type { Task } from '../../../../src/explore/index.ts';
import { arm_smmu_device } from '../../../../src/linux/drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.ts';
import { EBUSY, ENODEV } from '../../../../src/linux/index.ts';
import { designOf } from '../../../../src/series/index.ts';
import {
  idsOf,
  imbalances,
  inLab,
  type Lab,
  missing,
  type Plan,
  type Specifier,
} from '../../lab.ts';

function behind(clients: Plan['clients'], body: (lab: Lab) => void): void {
  inLab({ iommus: ['arm-smmu-v3'], clients }, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    clients.forEach((_, i) => {
      expect(lab.bind(lab.client(i))).toBe(true);
    });
    body(lab);
  });
}

function streamsOf({ k, iommu }: Lab): number[] {
  const smmu = k.instanceOf(iommu());
  if (!(smmu instanceof arm_smmu_device)) throw new Error('no SMMU');
  return smmu.streams.value.ids();
}

test.each([
  [
    'the argument is the StreamID, up to the last that the largest stream table has',
    0x1ff_ffff,
    [0x1ff_ffff],
  ],
  ['of a larger one there is no entry', 0x200_0000, null],
])('%s', (_what, id, ids) => {
  behind([[[0, id]]], ({ client }) => {
    expect(idsOf(client())).toEqual(ids);
  });
});

test.each<[string, Specifier[], Specifier[]]>([
  ['that another device has', [[0, 1]], [[0, 1]]],
  [
    'that another device has, behind one of its own',
    [[0, 1]],
    [
      [0, 2],
      [0, 1],
    ],
  ],
  [
    'that the device has itself',
    [[0, 9]],
    [
      [0, 1],
      [0, 1],
    ],
  ],
])('a StreamID %s is refused, and the device goes without', (_whose, first, second) => {
  behind([first, second], (lab) => {
    const [first_sid] = first.map(([, sid]) => sid);
    expect(lab.client(0).iommu_group.value).not.toBeNull();
    expect(lab.client(1).iommu_group.value).toBeNull();
    expect(lab.client(1).iommu.value).toBeNull();
    expect(streamsOf(lab)).toEqual([first_sid]);
    expect(lab.k.log.some(({ text }) => text.includes('-EINVAL'))).toBe(true);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('two devices with StreamIDs of their own have groups of their own', () => {
  behind([[[0, 1]], [[0, 2]]], ({ client }) => {
    const groups = [client(0), client(1)].map((dev) => dev.iommu_group.value);
    expect(groups).not.toContain(null);
    expect(new Set(groups).size).toBe(2);
  });
});

test('a release gives the StreamIDs back', () => {
  behind(
    [
      [
        [0, 1],
        [0, 2],
      ],
      [[0, 3]],
    ],
    (lab) => {
      const { k, run, client } = lab;
      run(() => k.iommu_release_device(client(0)));
      expect(streamsOf(lab)).toEqual([3]);
      expect(imbalances(lab)).toEqual([]);
    },
  );
});

test('an instance whose own probe has not returned is -ENODEV', () => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 1]]] };
  inLab(plan, ({ k, run, addAll, iommu, client }) => {
    addAll();
    run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('arm-smmu-v3')));
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
    expect(client().iommu.value).toBeNull();
  });
});

test('a device whose priv is set already is -EBUSY, with a warning', () => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 1]]] };
  inLab(plan, ({ k, run, world, addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu());
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    run(function* (): Task {
      yield* k.dev_iommu_priv_set(client(), 'something');
    });
    expect(run(() => k.iommu_probe_device(client()))).toBe(-EBUSY);
    expect(world.failures.map(({ kind }) => kind)).toEqual(['warn']);
  });
});

test.each([
  ['v6.8', true],
  ['v6.12', false],
])('in %s an SMMUv3 whose #iommu-cells is not 1 registers: %s', (kernel, registers) => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], cells: 2, clients: [[[0, 7, 0]]] };
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu())).toBe(registers);
      expect(lab.bind(lab.client())).toBe(registers);
      expect(lab.client().iommu_group.value !== null).toBe(registers);
    },
    { design: designOf(kernel) },
  );
});
