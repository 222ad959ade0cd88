// drivers/iommu/arm/arm-smmu/arm-smmu.c
import { describe, expect, test } from 'vitest';
import { Crash } from '../../../../src/explore/index.ts';
import { arm_smmu_device } from '../../../../src/linux/drivers/iommu/arm/arm-smmu/arm-smmu.ts';
import { EINVAL, ENOSPC, IS_ERR } from '../../../../src/linux/index.ts';
import { be32, prop } from '../../../firmware/fdt-builder.ts';
import {
  idsOf,
  imbalances,
  inLab,
  type Lab,
  missing,
  type Plan,
  type Specifier,
} from '../../lab.ts';

/** All IOMMUs bound, then every client in turn. */
function behind(plan: Omit<Plan, 'iommus'>, body: (lab: Lab) => void): void {
  inLab({ iommus: ['arm-smmu'], ...plan }, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    plan.clients.forEach((_, i) => {
      expect(lab.bind(lab.client(i))).toBe(true);
    });
    body(lab);
  });
}

/** Entries in use, each as ID, mask and count. */
function entriesOf({ k, iommu }: Lab): (readonly [number, number, number])[] {
  const smmu = k.instanceOf(iommu());
  if (!(smmu instanceof arm_smmu_device)) throw new Error('no SMMU');
  return smmu.entries.value.flatMap((entry) =>
    entry === null ? [] : [[entry.id, entry.mask, entry.count] as const],
  );
}

describe('of_xlate', () => {
  test.each<[string, number, Specifier, number | null, number]>([
    ['one cell is the stream ID', 1, [0, 0x12], null, 0x0000_0012],
    ['the second cell is the mask', 2, [0, 0x12, 0x7f], null, 0x007f_0012],
    ['stream-match-mask stands in for a second cell', 1, [0, 0x12], 0x3f, 0x003f_0012],
    ['the second cell comes before stream-match-mask', 2, [0, 0x12, 0x7f], 0x3f, 0x007f_0012],
    ['without cells the ID is 0', 0, [0], null, 0],
    ['each half has 16 bits', 2, [0, 0xabcd_0001, 0xabcd_0002], null, 0x0002_0001],
  ])('%s', (_guarantee, cells, specifier, mask, id) => {
    const iommuProps = mask === null ? [] : [prop('stream-match-mask', be32(mask))];
    behind({ cells, iommuProps, clients: [[specifier]] }, ({ client }) => {
      expect(idsOf(client())).toEqual([id]);
    });
  });
});

describe('probe_device', () => {
  test.each([
    ['stream ID', [0, 0x8000, 0]],
    ['mask', [0, 0, 0x8000]],
  ] as const)('a %s out of range is -EINVAL, and the device goes without', (_which, specifier) => {
    behind({ cells: 2, clients: [[specifier]] }, (lab) => {
      expect(lab.client().iommu_group.value).toBeNull();
      expect(lab.client().iommu.value).toBeNull();
      expect(lab.k.log.some(({ text }) => text.includes('-EINVAL'))).toBe(true);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('an instance whose own probe has not returned is NULL, and is dereferenced', () => {
    inLab({ iommus: ['arm-smmu'], clients: [[[0, 1]]] }, ({ k, run, addAll, iommu, client }) => {
      addAll();
      run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('arm-smmu')));
      const node = client().dma_node ?? missing();
      expect(run(() => k.parseIommus(client(), node, null))).toBe(0);
      expect(() => run(() => k.iommu_probe_device(client()))).toThrow(Crash);
    });
  });

  test('a device with more streams than there are entries is -ENOSPC, and takes none', () => {
    const specifiers = Array.from({ length: 129 }, (_, i): Specifier => [0, i]);
    behind({ clients: [specifiers, [[0, 1]]] }, (lab) => {
      expect(lab.client(0).iommu_group.value).toBeNull();
      expect(lab.k.log.some(({ text }) => text.includes('-ENOSPC'))).toBe(true);
      expect(ENOSPC).toBe(28);
      expect(entriesOf(lab)).toEqual([[1, 0, 1]]);
    });
  });

  test('as many streams as there are entries fit', () => {
    const specifiers = Array.from({ length: 128 }, (_, i): Specifier => [0, i]);
    behind({ clients: [specifiers] }, (lab) => {
      expect(lab.client().iommu_group.value).not.toBeNull();
      expect(entriesOf(lab).length).toBe(128);
    });
  });
});

describe('stream matching', () => {
  // The first device's ID and mask, the second's, and what becomes of the second.
  test.each<[string, [number, number], [number, number], 'shares' | 'has its own' | 'is refused']>([
    ['the same stream', [0x100, 0], [0x100, 0], 'shares'],
    ['the same ID and mask', [0x100, 0xff], [0x100, 0xff], 'shares'],
    ['a stream that the entry covers', [0x100, 0xff], [0x142, 0], 'shares'],
    ['a smaller range inside the entry', [0x100, 0xff], [0x140, 0x0f], 'shares'],
    ['a range that contains the entry', [0x142, 0], [0x100, 0xff], 'is refused'],
    ['a range that overlaps it in part', [0x100, 0xf0], [0x100, 0x0f], 'is refused'],
    ['another stream', [0x100, 0], [0x101, 0], 'has its own'],
    ['a range beside it', [0x100, 0xff], [0x200, 0xff], 'has its own'],
  ])('%s', (_case, first, second, becomes) => {
    behind({ cells: 2, clients: [[[0, ...first]], [[0, ...second]]] }, (lab) => {
      const group = lab.client(0).iommu_group.value;
      const other = lab.client(1).iommu_group.value;
      const entries = entriesOf(lab);
      if (becomes === 'shares') {
        expect(other).toBe(group);
        expect(entries).toEqual([[...first, 2]]);
        expect(group?.devices.value.length).toBe(2);
      } else if (becomes === 'has its own') {
        expect(other).not.toBeNull();
        expect(other).not.toBe(group);
        expect(entries).toEqual([
          [...first, 1],
          [...second, 1],
        ]);
      } else {
        expect(other).toBeNull();
        expect(lab.client(1).iommu.value).toBeNull();
        expect(entries).toEqual([[...first, 1]]);
      }
      expect(group).not.toBeNull();
    });
  });

  test('the last entry decides, and a stream of a device that joined a group has none of its own', () => {
    const clients: Plan['clients'] = [
      [[0, 1]],
      [
        [0, 2],
        [0, 1],
      ],
      [[0, 2]],
    ];
    behind({ clients }, ({ client }) => {
      const [first, both, last] = [0, 1, 2].map((i) => client(i).iommu_group.value);
      expect(both).toBe(first);
      expect(last).not.toBeNull();
      expect(last).not.toBe(first);
    });
  });

  test('a device whose entries are in two groups already is -EINVAL, and lets them go', () => {
    const clients: Plan['clients'] = [
      [[0, 1]],
      [[0, 2]],
      [
        [0, 1],
        [0, 2],
      ],
    ];
    behind({ clients }, (lab) => {
      expect(lab.client(2).iommu_group.value).toBeNull();
      expect(entriesOf(lab)).toEqual([
        [1, 0, 1],
        [2, 0, 1],
      ]);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('an entry is free again when the last device behind it is released', () => {
    behind({ clients: [[[0, 1]], [[0, 1]]] }, (lab) => {
      const { k, run, client } = lab;
      const group = client(0).iommu_group.value;
      run(() => k.iommu_release_device(client(0)));
      expect(entriesOf(lab)).toEqual([[1, 0, 1]]);
      expect(group?.freed).toBe(false);
      run(() => k.iommu_release_device(client(1)));
      expect(entriesOf(lab)).toEqual([]);
      expect(group?.freed).toBe(true);
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

test('a device of another instance cannot join a domain', () => {
  const plan: Plan = { iommus: ['arm-smmu', 'arm-smmu'], clients: [[[0, 1]], [[1, 1]]] };
  inLab(plan, ({ k, run, addAll, bind, iommu, client }) => {
    addAll();
    for (const dev of [iommu(0), iommu(1), client(0), client(1)]) bind(dev);
    const group = client(0).iommu_group.value ?? missing();
    const domain = group.domain.value ?? missing();
    expect(run(() => k.__iommu_device_set_domain(group, client(0), domain))).toBe(0);
    expect(run(() => k.__iommu_device_set_domain(group, client(1), domain))).toBe(-EINVAL);
    expect(IS_ERR(domain)).toBe(false);
  });
});
