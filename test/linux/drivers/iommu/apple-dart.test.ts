// drivers/iommu/apple-dart.c
import { expect, test } from 'vitest';
import { EINVAL, ENODEV } from '../../../../src/linux/index.ts';
import { type EndState, endStateOf } from '../../../../src/machine/index.ts';
import { imbalances, inLab, type Lab, missing, type Plan, type Specifier } from '../../lab.ts';

function behind(plan: Omit<Plan, 'iommus'>, body: (lab: Lab) => void, darts = 3): void {
  inLab({ iommus: Array.from({ length: darts }, () => 'apple-dart' as const), ...plan }, (lab) => {
    lab.addAll();
    for (let i = 0; i < darts; i++) lab.bind(lab.iommu(i));
    body(lab);
  });
}

/** The DARTs by number, each with its streams. */
function streams(
  { k, iommu }: Lab,
  { attachments }: EndState,
): (readonly [number, readonly number[]])[] {
  const darts = [0, 1, 2].map((i) => k.instanceOf(iommu(i)));
  return attachments.map(({ instance, ids }) => [darts.indexOf(instance as never), ids] as const);
}

test.each<[string, Specifier[], [number, number[]][]]>([
  ['one stream', [[0, 5]], [[0, [5]]]],
  [
    'streams of one DART go together',
    [
      [0, 5],
      [0, 6],
    ],
    [[0, [5, 6]]],
  ],
  [
    'a device may sit behind two DARTs',
    [
      [0, 5],
      [1, 6],
    ],
    [
      [0, [5]],
      [1, [6]],
    ],
  ],
  [
    'in any order',
    [
      [1, 5],
      [0, 6],
      [1, 7],
    ],
    [
      [1, [5, 7]],
      [0, [6]],
    ],
  ],
])('%s', (_guarantee, specifiers, expected) => {
  behind({ clients: [specifiers] }, (lab) => {
    lab.bind(lab.client());
    expect(streams(lab, endStateOf(lab.client()))).toEqual(expected);
    // The streams are in priv; the fwspec has no IDs.
    expect(lab.client().iommu.value?.fwspec.value?.num_ids.value).toBe(0);
  });
});

test('a third DART is -EINVAL', () => {
  behind(
    {
      clients: [
        [
          [0, 5],
          [1, 6],
          [2, 7],
        ],
      ],
    },
    ({ k, run, bind, client }) => {
      expect(run(() => k.parseIommus(client(), client().dma_node ?? missing(), null))).toBe(
        -EINVAL,
      );
      expect(bind(client())).toBe(true);
      expect(client().iommu_group.value).toBeNull();
    },
  );
});

test.each<[number, Specifier]>([
  [0, [0]],
  [2, [0, 1, 2]],
])('a specifier of %i cells is -EINVAL', (cells, specifier) => {
  behind({ cells, clients: [[specifier]] }, ({ k, run, client }) => {
    expect(run(() => k.parseIommus(client(), client().dma_node ?? missing(), null))).toBe(-EINVAL);
  });
});

test('devices that share a stream share the group, others do not', () => {
  behind({ clients: [[[0, 1]], [[0, 1]], [[0, 2]], [[1, 1]]] }, ({ bind, client }) => {
    const groups = [0, 1, 2, 3].map((i) => {
      bind(client(i));
      return client(i).iommu_group.value;
    });
    expect(groups).not.toContain(null);
    expect(groups[1]).toBe(groups[0]);
    expect(new Set(groups).size).toBe(3);
  });
});

test('a stream has no group any more when its last device is released', () => {
  behind({ clients: [[[0, 1]], [[0, 1]]] }, (lab) => {
    const { k, run, bind, client } = lab;
    bind(client(0));
    bind(client(1));
    const group = client(0).iommu_group.value;
    for (const i of [0, 1]) run(() => k.iommu_release_device(client(i)));
    expect(group?.freed).toBe(true);
    expect(imbalances(lab)).toEqual([]);
    bind(client(0));
    expect(run(() => k.of_iommu_configure(client(1), client(1).dma_node, null))).not.toBeNull();
    expect(client(1).iommu_group.value).not.toBe(group);
  });
});

test('without priv probing is -ENODEV', () => {
  behind({ clients: [[[0, 1]]] }, ({ k, run, client, iommu }) => {
    const node = iommu().of_node ?? missing();
    run(() => k.iommu_fwspec_init(client(), node, k.opsOf('apple-dart')));
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
  });
});

test('with priv and without a fwspec it goes ahead: the driver never asks for the fwspec', () => {
  behind({ clients: [[[0, 1]]] }, ({ k, run, client }) => {
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    run(() => k.iommu_fwspec_free(client()));
    expect(run(() => k.iommu_probe_device(client()))).toBe(0);
    expect(client().iommu_group.value).not.toBeNull();
  });
});

test('of two DARTs of which the second has not registered, the next walk takes the first alone', () => {
  inLab(
    {
      iommus: ['apple-dart', 'apple-dart', 'apple-dart'],
      clients: [
        [
          [0, 5],
          [1, 6],
        ],
      ],
    },
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu(0));
      expect(lab.bind(lab.client())).toBe(true); // -EINVAL: bound, without an IOMMU
      expect(lab.client().iommu_group.value).toBeNull();
      lab.bind(lab.iommu(1));
      expect(streams(lab, endStateOf(lab.client()))).toEqual([[0, [5]]]);
      expect(lab.client().iommu_group.value).not.toBeNull();
      expect(lab.client().dma_ops.value).toBeNull();
    },
  );
});

test('devices behind different DARTs of one group share its domain', () => {
  behind(
    {
      clients: [
        [
          [0, 1],
          [1, 1],
        ],
        [
          [1, 1],
          [0, 1],
        ],
      ],
    },
    ({ bind, client }) => {
      expect(bind(client(0))).toBe(true);
      expect(bind(client(1))).toBe(true);
      expect(client(1).iommu_group.value).toBe(client(0).iommu_group.value);
      expect(client(1).dma_ops.value).toBe('iommu_dma_ops');
    },
  );
});
