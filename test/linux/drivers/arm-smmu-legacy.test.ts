// arm-smmu where SMMUs list their masters (mmu-masters), and masters do not name their SMMU.
import { describe, expect, test } from 'vitest';
import { sequentially, type Task } from '../../../src/explore/index.ts';
import {
  type device,
  ENODEV,
  type errno,
  type Kconfig,
  type kernel,
} from '../../../src/linux/index.ts';
import { endStateOf } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../../machine/trees.ts';
import { idsOf, imbalances, type Lab, labOn } from '../lab.ts';

/** The phandle of the nth master; SMMUs have none. */
const masterHandle = (n: number): number => n + 1;

/** One entry of `mmu-masters`. */
type Entry = readonly [master: number, ...ids: number[]];

function smmu(masters: readonly Entry[] | null, index: number): Node {
  const address = 0x1000 * (index + 1);
  const list = masters?.flatMap(([master, ...ids]) => [masterHandle(master), ...ids]);
  return node(`smmu@${address.toString(16)}`, [
    compatible('arm,smmu-v2'),
    ...interrupts(),
    reg64(address),
    ...(list === undefined
      ? [prop('#iommu-cells', be32(1))]
      : [prop('mmu-masters', be32(...list))]),
  ]);
}

function master(ids: number, index: number): Node {
  const address = 0x10_0000 + 0x1000 * index;
  return node(`dev@${address.toString(16)}`, [
    compatible('test,client'),
    reg64(address),
    phandle(masterHandle(index)),
    prop('#stream-id-cells', be32(ids)),
  ]);
}

const enabled: Partial<Kconfig> = { CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: true };

/** SMMUs by their lists, and masters by how many IDs each has. */
function inLegacyLab(
  kernel: string,
  smmus: readonly (readonly Entry[] | null)[],
  masters: readonly number[],
  body: (lab: Lab) => void,
  config: Partial<Kconfig> = enabled,
): void {
  const machine = machineOf([...smmus.map(smmu), ...masters.map(master)]);
  sequentially((world) =>
    body(labOn(world, machine, smmus.length, { design: designOf(kernel), config })),
  );
}

/** Add and bind the SMMUs, in order, then add the masters. */
function mastersLast({ k, run, bind, iommu, client }: Lab, smmus: number, masters: number): void {
  for (let i = 0; i < smmus; i++) {
    run(() => k.device_add(iommu(i)));
    expect(bind(iommu(i))).toBe(true);
  }
  for (let i = 0; i < masters; i++) run(() => k.device_add(client(i)));
}

describe.each(['v6.7-rc1', 'fwspec-v2', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'])(
  'on %s',
  (kernel) => {
    test('a device that comes after its SMMU has the ID of the SMMU’s list, and no translation', () => {
      inLegacyLab(kernel, [[[0, 0x12]]], [1], (lab) => {
        mastersLast(lab, 1, 1);
        expect(idsOf(lab.client())).toEqual([0x12]);
        expect(endStateOf(lab.client())).toMatchObject({ grouped: true, domain: 'identity' });
        expect(imbalances(lab)).toEqual([]);
      });
    });

    test('the SMMU that lists a device is its own, whichever came first', () => {
      inLegacyLab(kernel, [[[1, 7]], [[0, 8]]], [1, 1], (lab) => {
        mastersLast(lab, 2, 2);
        const of = (i: number) => endStateOf(lab.client(i)).attachments;
        expect(of(0)).toEqual([{ instance: lab.k.instanceOf(lab.iommu(1)), ids: [8] }]);
        expect(of(1)).toEqual([{ instance: lab.k.instanceOf(lab.iommu(0)), ids: [7] }]);
      });
    });

    test('the walk of an SMMU does not find its own masters: it is not bound yet', () => {
      inLegacyLab(kernel, [[[0, 8]], [[1, 7]]], [1, 1], (lab) => {
        lab.addAll();
        lab.bind(lab.iommu(0));
        expect(lab.client(0).iommu.value).toBeNull();
        lab.bind(lab.iommu(1)); // this walk finds the master of the first one
        expect(lab.client(0).iommu_group.value).not.toBeNull();
        expect(lab.client(1).iommu_group.value).toBeNull();
        expect(imbalances(lab)).toEqual([]);
      });
    });

    test('a device that no list names is left alone', () => {
      inLegacyLab(kernel, [[[0, 8]]], [1, 1], (lab) => {
        mastersLast(lab, 1, 2);
        expect(lab.client(1).iommu.value).toBeNull();
      });
    });

    test('without CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS no device is looked up', () => {
      inLegacyLab(
        kernel,
        [[[0, 8]]],
        [1],
        (lab) => {
          mastersLast(lab, 1, 1);
          expect(lab.client().iommu.value).toBeNull();
        },
        {},
      );
    });
  },
);

test('a description that somebody has freed meanwhile is a NULL pointer to the driver', () => {
  const design = designOf('v7.3');
  function* iommu_fwspec_add_ids(_k: kernel, dev: device): Task<errno> {
    const param = dev.iommu.value;
    if (param !== null) param.fwspec.value = null;
    return 0;
  }
  const machine = machineOf([smmu([[0, 7]], 0), master(1, 0)]);
  sequentially((world) => {
    const functions = { ...design.functions, iommu_fwspec_add_ids };
    const lab = labOn(world, machine, 1, { design: { ...design, functions }, config: enabled });
    expect(() => mastersLast(lab, 1, 1)).toThrow('fwspec is NULL');
  });
});

// fwspec-v2 takes this for a list of zeros.
test.each(['v6.7-rc1', 'v7.3'])(
  'on %s a device says how many IDs of the list are its own',
  (kernel) => {
    inLegacyLab(
      kernel,
      [
        [
          [0, 0x12, 0x13],
          [1, 0x14],
        ],
      ],
      [2, 1],
      (lab) => {
        mastersLast(lab, 1, 2);
        expect([0, 1].map((i) => idsOf(lab.client(i)))).toEqual([[0x12, 0x13], [0x14]]);
      },
    );
  },
);

test('with both bindings in one machine SMMUs of the other one do not probe', () => {
  inLegacyLab('v6.7-rc1', [[[0, 8]], null], [1], (lab) => {
    lab.addAll();
    expect(lab.bind(lab.iommu(0))).toBe(true);
    expect(lab.bind(lab.iommu(1))).toBe(false);
  });
  inLegacyLab('v6.7-rc1', [null, [[0, 8]]], [1], (lab) => {
    lab.addAll();
    expect(lab.bind(lab.iommu(0))).toBe(true);
    expect(lab.bind(lab.iommu(1))).toBe(false);
  });
});

test('until v6.7 such an SMMU has its node, from v6.8 on it has none', () => {
  for (const [kernel, named] of [
    ['v6.7', true],
    ['v6.8', false],
  ] as const) {
    inLegacyLab(kernel, [[[0, 8]]], [1], (lab) => {
      mastersLast(lab, 1, 0);
      const { fwnode } = lab.k.instanceOf(lab.iommu());
      expect(fwnode).toBe(named ? lab.iommu().fwnode : null);
      expect(lab.run(() => lab.k.iommu_probe_device(lab.iommu()))).toBe(-ENODEV);
    });
  }
});
