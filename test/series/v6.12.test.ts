// v6.12 as of 6.12.117: a fwspec is complete or not there, and has no ops.
import { describe, expect, test } from 'vitest';
import { EINVAL, EPROBE_DEFER, type iommu_group } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { idsOf, imbalances, inLab, type Lab, missing, type Plan } from '../linux/lab.ts';

const [v6_8, v6_12] = [designOf('v6.8'), designOf('v6.12')];
const one: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]]] };
const two: Plan = {
  iommus: ['arm-smmu-v3', 'arm-smmu-v3'],
  clients: [
    [
      [0, 7],
      [1, 8],
    ],
  ],
};

function configure({ k, run, client }: Lab): unknown {
  return run(() => k.of_iommu_configure(client(), client().dma_node, null));
}

/** A kernel in which the first `bound` IOMMUs have registered. */
function started(design: typeof v6_8, plan: Plan, bound: number, body: (lab: Lab) => void): void {
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      for (let i = 0; i < bound; i++) lab.bind(lab.iommu(i));
      body(lab);
    },
    { design },
  );
}

describe('a device that has to wait', () => {
  test('leaves a placeholder in v6.8', () => {
    started(v6_8, one, 0, (lab) => {
      expect(configure(lab)).toBe(-EPROBE_DEFER);
      expect(idsOf(lab.client())).toEqual([]);
    });
  });

  test.each([
    ['its IOMMU', one, 0],
    ['the second of its two IOMMUs', two, 1],
  ] as const)('for %s leaves nothing in v6.12', (_what, plan, bound) => {
    started(v6_12, plan, bound, (lab) => {
      expect(configure(lab)).toBe(-EPROBE_DEFER);
      expect(lab.client().iommu.value).toBeNull();
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('for the second of its two IOMMUs gets both in the end', () => {
    started(v6_12, { ...two, iommus: ['apple-dart', 'apple-dart'] }, 1, (lab) => {
      lab.k.driver_deferred_probe_enable.value = true;
      expect(lab.bind(lab.client())).toBe(false);
      lab.bind(lab.iommu(1));
      lab.run(() => lab.k.deferred_probe_work_func());
      expect(lab.client().driver.value).not.toBeNull();
      expect(lab.client().iommu_group.value).not.toBeNull();
    });
  });
});

test('a device behind IOMMUs of two kinds is -EINVAL, and nothing is left of its fwspec', () => {
  started(v6_12, { ...two, iommus: ['arm-smmu-v3', 'virtio-iommu'] }, 2, (lab) => {
    expect(configure(lab)).toBe(-EINVAL);
    expect(lab.client().iommu.value).toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a fwspec that was there before stays when it is asked for again', () => {
  started(v6_12, one, 1, (lab) => {
    expect(configure(lab)).toBe(0);
    const fwspec = lab.client().iommu.value?.fwspec.value;
    expect(configure(lab)).toBe(0);
    expect(lab.client().iommu.value?.fwspec.value).toBe(fwspec);
  });
});

// 32 bytes hold 24 or 16 bytes of head and ids of 4 bytes.
test.each([
  ['v6.8', 2],
  ['v6.12', 4],
] as const)('in %s a fwspec moves when it has more than %i IDs', (kernel, room) => {
  started(designOf(kernel), one, 1, (lab) => {
    configure(lab);
    const { k, run, client } = lab;
    const fwspecOf = () => client().iommu.value?.fwspec.value ?? missing();
    const first = fwspecOf();
    for (let id = 1; id < room; id++) {
      run(() => k.iommu_fwspec_add_ids(client(), [id]));
      expect(fwspecOf()).toBe(first);
    }
    run(() => k.iommu_fwspec_add_ids(client(), [room]));
    expect(fwspecOf()).not.toBe(first);
    expect(first.freed).toBe(true);
  });
});

describe('the DMA API', () => {
  test.each([
    ['the architecture, after the IOMMU path', 'v6.8', null],
    ['the IOMMU core, with the group locked', 'v6.12', 'iommu_dma_ops'],
  ])('is set up by %s in %s', (_who, kernel, ops) => {
    started(designOf(kernel), one, 1, (lab) => {
      configure(lab);
      expect(lab.client().dma_ops.value).toBe(ops);
    });
  });

  test.each([
    ['v6.8', null],
    ['v6.12', 'iommu_dma_ops'],
  ])('in %s a driver that lets go leaves %s', (kernel, ops) => {
    started(designOf(kernel), one, 1, ({ k, run, bind, client }) => {
      expect(bind(client())).toBe(true);
      expect(client().dma_ops.value).toBe('iommu_dma_ops');
      run(() => k.device_unbind_cleanup(client()));
      expect(client().dma_ops.value).toBe(ops);
    });
  });
});

test.each([
  ['v6.8', 0],
  ['v6.12', -EPROBE_DEFER],
])('in %s a group that has no default domain yet is claimed with %i', (kernel, error) => {
  started(designOf(kernel), one, 1, ({ k, run, client }) => {
    const group = run(() => k.iommu_group_alloc()) as iommu_group;
    client().iommu_group.value = group;
    expect(run(() => k.iommu_device_use_default_domain(client()))).toBe(error);
    expect(group.owner_cnt.value).toBe(error === 0 ? 1 : 0);
  });
});

test('a client of an SMMUv2 whose own probe has not returned is deferred', () => {
  inLab(
    { ...one, iommus: ['arm-smmu'] },
    (lab) => {
      const { k, run, addAll, iommu, client } = lab;
      addAll();
      run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('arm-smmu')));
      expect(configure(lab)).toBe(-EPROBE_DEFER);
      expect(client().iommu.value).toBeNull();
    },
    { design: v6_12 },
  );
});

test.each([
  ['refused in v6.8', v6_8, false],
  ['accepted in v6.12', v6_12, true],
] as const)('a StreamID that a device has twice is %s', (_how, design, grouped) => {
  const repeated: Plan = {
    ...one,
    clients: [
      [
        [0, 7],
        [0, 7],
      ],
    ],
  };
  started(design, repeated, 1, (lab) => {
    configure(lab);
    expect(lab.client().iommu_group.value !== null).toBe(grouped);
  });
});

describe('the fwspec that tegra-smmu makes', () => {
  const plan: Plan = { iommus: ['tegra-smmu'], clients: [[[0, 6]]] };

  test.each(['v6.8', 'v6.12', 'v6.15', 'v7.3'])(
    'is of an IOMMU that has registered: %s',
    (kernel) => {
      inLab(
        plan,
        (lab) => {
          lab.addAll();
          lab.bind(lab.iommu());
          lab.bind(lab.client());
          expect(lab.client().iommu_group.value).not.toBeNull();
          expect(idsOf(lab.client())).toEqual([6, 6]);
        },
        { design: designOf(kernel) },
      );
    },
  );
});
