// drivers/acpi/arm64/iort.c
import { describe, expect, test } from 'vitest';
import type { IortNode } from '../../../../src/firmware/index.ts';
import {
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  IORT_IOMMU_TYPE,
  iort_node_map_id,
  type Kconfig,
} from '../../../../src/linux/index.ts';
import { Sequence } from '../../../../src/util/index.ts';
import { idsOf, imbalances } from '../../lab.ts';
import {
  type AcpiPlan,
  inAcpiLab,
  itsGroup,
  named,
  range,
  rootComplex,
  single,
  smmu,
  smmuV3,
} from './acpi-lab.ts';

const A = smmuV3(0x100);
const B = smmuV3(0x200);
const its = itsGroup(0x300);

describe('a node leads an ID to an SMMU', () => {
  const cases: readonly [string, IortNode, number, readonly [number, number] | null][] = [
    [
      'in a range, by its distance from the start',
      rc([range(8, 4, 0x100, A)]),
      10,
      [A.offset, 0x102],
    ],
    ['never outside of its ranges', rc([range(8, 4, 0x100, A)]), 12, null],
    ['never below its ranges', rc([range(8, 4, 0x100, A)]), 7, null],
    [
      'by the first range that covers it',
      rc([range(0, 9, 0, A), range(4, 9, 0, B)]),
      5,
      [A.offset, 5],
    ],
    ['in a range of one', rc([range(4, 1, 0x50, A)]), 4, [A.offset, 0x50]],
    ['never without mappings', rc([]), 0, null],
    ['by a single mapping, whatever the ID is', rc([single(0x33, A)]), 0x999, [A.offset, 0x33]],
    [
      'never when the first mapping leads nowhere',
      rc([range(9, 1, 0, { offset: 0 }), range(0, 9, 0, A)]),
      1,
      null,
    ],
    ['never to where no node is', rc([range(0, 9, 0, { offset: 0x777 })]), 1, null],
    ['never when the chain ends elsewhere', rc([range(0, 9, 0, its)]), 1, null],
    [
      'at the end of a range, when no other begins there',
      rc([range(0, 9, 0, A), range(9, 8, 0x90, B)]),
      8,
      [A.offset, 8],
    ],
    [
      'at the end of a range that another begins at: by the other, for firmware may count wrongly',
      rc([range(0, 9, 0, A), range(8, 9, 0x80, B)]),
      8,
      [B.offset, 0x80],
    ],
    [
      'at the end of a range that another only covers: by the first',
      rc([range(0, 9, 0, A), range(4, 9, 0x40, B)]),
      8,
      [A.offset, 8],
    ],
  ];
  test.each(cases)('%s', (_, node, id, expected) => {
    inAcpiLab({ iort: [A, B, its, node], clients: [] }, ({ k }) => {
      const target = iort_node_map_id(k, node, id, IORT_IOMMU_TYPE);
      expect(target && [target.node.offset, target.id]).toEqual(expected);
    });
  });

  test('an SMMUv3 behind which an ITS is sought does not translate by the mapping of its own messages', () => {
    const behind = (more: Partial<typeof A>): string | null => {
      const mappings = [range(0, 9, 0, its), range(0, 9, 0x70, its)];
      const node = smmuV3(0x400, { mappings, ...more });
      return inAcpiLab({ iort: [its, node], clients: [] }, ({ k }) => {
        const target = iort_node_map_id(k, node, 2, ['its-group']);
        return target && `0x${target.id.toString(16)}`;
      });
    };
    const wired = { event_gsiv: 1, pri_gsiv: 2, gerr_gsiv: 3, sync_gsiv: 4 };
    expect(behind({ revision: 1 })).toBe('0x72');
    expect(behind({ revision: 1, id_mapping_index: 1 })).toBe('0x2');
    expect(behind({ revision: 1, id_mapping_index: 7 })).toBe('0x2');
    expect(behind({ revision: 1, ...wired })).toBe('0x2');
    expect(behind({ revision: 0 })).toBe('0x2');
  });

  test('a loop in the table ends the search', () => {
    const first = { ...rc([range(0, 9, 0, { offset: 0x500 })]), offset: 0x400 };
    const second = { ...rc([range(0, 9, 0, { offset: 0x400 })]), offset: 0x500 };
    inAcpiLab({ iort: [first, second], clients: [] }, ({ k }) => {
      expect(iort_node_map_id(k, first, 1, IORT_IOMMU_TYPE)).toBeNull();
    });
  });

  function rc(mappings: Parameters<typeof rootComplex>[1]): IortNode {
    return rootComplex(0, mappings);
  }
});

describe('a device of the namespace', () => {
  const plan = (...mappings: Parameters<typeof rootComplex>[1]): AcpiPlan => ({
    iort: [A, B, its, named('\\_SB_.DEV0', ...mappings)],
    clients: [{}],
  });
  const configured = (of: AcpiPlan, id: number | null, ...bound: number[]) =>
    inAcpiLab(of, ({ k, run, client, start }) => {
      start(...bound);
      const err = run(() => k.iort_iommu_configure_id(client(), id));
      return { err, ids: idsOf(client()) };
    });

  test('gets the IDs of its single mappings in order', () => {
    const of = plan(single(7, A), single(3, A), single(5, A));
    expect(configured(of, null, 0)).toEqual({ err: 0, ids: [7, 3, 5] });
  });

  test.each([
    ['that is a range', range(0, 9, 0, A)],
    ['that leads to no SMMU', single(4, its)],
  ])('gets no IDs from behind a mapping %s', (_, between) => {
    const of = plan(single(7, A), between, single(3, A));
    expect(configured(of, null, 0)).toEqual({ err: 0, ids: [7] });
  });

  test('has no IOMMU without a mapping to one', () => {
    expect(configured(plan(range(0, 9, 0, A)), null, 0)).toEqual({ err: -ENODEV, ids: null });
    expect(configured(plan(), null, 0)).toEqual({ err: -ENODEV, ids: null });
  });

  test('with an ID gets what its ranges make of that', () => {
    const of = plan(range(0x10, 8, 0x100, A));
    expect(configured(of, 0x12, 0)).toEqual({ err: 0, ids: [0x102] });
    expect(configured(of, 0x18, 0)).toEqual({ err: -ENODEV, ids: null });
  });

  test('has no IOMMU when IORT names another object', () => {
    const of = { ...plan(single(7, A)), clients: [{ path: '\\_SB_.DEV9' }] };
    expect(configured(of, null, 0)).toEqual({ err: -ENODEV, ids: null });
  });

  test('has no IOMMU when Linux could make no device for the SMMU', () => {
    const of = { ...plan(single(7, A)), broken: [A] };
    expect(configured(of, null)).toEqual({ err: -ENODEV, ids: null });
  });

  test('waits for an SMMU that has not registered, and nothing is left behind', () => {
    expect(configured(plan(single(7, A)), null)).toEqual({ err: -EPROBE_DEFER, ids: null });
  });

  test('waits for ever, also when the time for suppliers is over', () => {
    inAcpiLab(plan(single(7, A)), ({ k, run, client, start }) => {
      start();
      k.initcalls_done.value = true;
      k.driver_deferred_probe_timeout.value = 0;
      expect(run(() => k.iort_iommu_configure_id(client(), null))).toBe(-EPROBE_DEFER);
    });
  });

  test.each<[string, IortNode, Partial<Kconfig>]>([
    ['SMMUv3', smmuV3(0x100), { CONFIG_ARM_SMMU_V3: false }],
    ['SMMU', smmu(0x100), { CONFIG_ARM_SMMU: false }],
  ])('does not wait for an %s without a driver', (_, node, config) => {
    const of: AcpiPlan = { iort: [node, named('\\_SB_.DEV0', single(7, node))], clients: [{}] };
    const err = inAcpiLab(
      of,
      (lab) => {
        lab.start();
        return lab.run(() => lab.k.iort_iommu_configure_id(lab.client(), null));
      },
      { config },
    );
    expect(err).toBe(-ENODEV);
  });

  test('without ACPI_IORT has no IOMMU', () => {
    inAcpiLab(
      plan(single(7, A)),
      ({ k, run, client, start }) => {
        start(0);
        expect(run(() => k.iort_iommu_configure_id(client(), null))).toBe(-ENODEV);
      },
      { config: { CONFIG_ACPI_IORT: false } },
    );
  });

  test('waits for its second SMMU, but is taken as complete with the IDs of the first', () => {
    inAcpiLab(plan(single(7, A), single(8, B)), (lab) => {
      const { k, run, client, start } = lab;
      start(0);
      expect(run(() => k.iort_iommu_configure_id(client(), null))).toBe(-EPROBE_DEFER);
      expect(idsOf(client())).toEqual([7]);
      expect(run(() => k.acpi_dma_configure_id(client(), 'coherent', null))).toBe(0);
      expect(client().iommu_group.value).toBeNull();
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('behind SMMUs of two kinds is refused', () => {
    const old = smmu(0x600);
    const iort = [A, old, named('\\_SB_.DEV0', single(7, A), single(8, old))];
    // Two kinds cannot both register in this kernel: the second driver's ops are made up.
    inAcpiLab({ iort, clients: [{}] }, ({ k, run, client, iommu, start }) => {
      start(0);
      const [registered] = k.iommu_device_list.value;
      const other = k.instanceOf(iommu(1));
      other.ops = k.opsOf('arm-smmu');
      other.fwnode = iommu(1).fwnode;
      k.iommu_device_list.value = Sequence.of(
        registered === undefined ? [other] : [registered, other],
      );
      expect(run(() => k.iort_iommu_configure_id(client(), null))).toBe(-EINVAL);
    });
  });

  test('gets properties once; a second call loses the first', () => {
    inAcpiLab(plan(single(7, A)), ({ k, run, client, start, world }) => {
      start(0);
      run(() => k.iort_iommu_configure_id(client(), null));
      const first = client().secondary.value;
      expect(first).not.toBeNull();
      run(() => k.iort_iommu_configure_id(client(), null));
      expect(client().secondary.value).not.toBe(first);
      expect(world.heap.filter((object) => object === first && !object.freed)).toHaveLength(1);
    });
  });
});

describe('a PCI function', () => {
  const at = (segment: number, bus: number) => ({ pci: { segment, bus, devfn: 0 } });
  const configured = (iort: readonly IortNode[], clients: AcpiPlan['clients'], index = 0) =>
    inAcpiLab({ iort, clients }, ({ k, run, client, start }) => {
      start(0);
      const err = run(() => k.iort_iommu_configure_id(client(index), null));
      const flags = client(index).iommu.value?.fwspec.value?.flags.value ?? null;
      return { err, ids: idsOf(client(index)), flags };
    });

  test('is looked for in the root complex of its segment', () => {
    const iort = [
      A,
      rootComplex(0, [range(0, 0x10000, 0, A)]),
      rootComplex(1, [range(0, 0x10000, 0x10000, A)]),
    ];
    expect(configured(iort, [at(1, 2)])).toMatchObject({ err: 0, ids: [0x10200] });
    expect(configured(iort, [at(2, 2)])).toMatchObject({ err: -ENODEV, ids: null });
  });

  test('is looked for in the first root complex of its segment only', () => {
    const iort = [
      A,
      rootComplex(0, [range(0, 0x100, 0, A)]),
      rootComplex(0, [range(0, 0x10000, 0, A)]),
    ];
    expect(configured(iort, [at(0, 2)])).toMatchObject({ err: -ENODEV, ids: null });
  });

  test('gets the IDs of all its requester IDs', () => {
    const iort = [A, rootComplex(0, [range(0, 0x10000, 0, A)])];
    expect(configured(iort, [at(0, 1), { ...at(0, 2), bridge: 0 }], 1)).toMatchObject({
      err: 0,
      ids: [0x200, 0x100],
    });
  });

  test('may use ATS when the root complex can, also when a further requester ID has no mapping', () => {
    const whole = [range(0, 0x10000, 0, A)];
    const half = [range(0x200, 0x100, 0x200, A)];
    const bridged = [at(0, 1), { ...at(0, 2), bridge: 0 }];
    expect(configured([A, rootComplex(0, whole, 1)], bridged, 1)).toMatchObject({
      err: 0,
      flags: 1,
    });
    expect(configured([A, rootComplex(0, whole, 0)], bridged, 1)).toMatchObject({
      err: 0,
      flags: 0,
    });
    expect(configured([A, rootComplex(0, half, 1)], bridged, 1)).toEqual({
      err: -ENODEV,
      ids: [0x200],
      flags: 1,
    });
  });
});
