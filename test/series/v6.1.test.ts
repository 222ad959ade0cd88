// v6.1: the core before it was reworked, under the probe lock that came back to it.
import { describe, expect, test } from 'vitest';
import { Crash } from '../../src/explore/index.ts';
import {
  apply,
  type Design,
  type DriverName,
  defaultKconfig,
  EBUSY,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  type Kconfig,
} from '../../src/linux/index.ts';
import { endStateOf, inspect } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { Sequence } from '../../src/util/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
import { inLab, type Lab, machineOfPlan, type Plan } from '../linux/lab.ts';
import { configSpace } from '../machine/pci/config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../machine/trees.ts';

const [v6_1, v6_7] = [designOf('v6.1'), designOf('v6.7')];

function planOf(driver: DriverName, cells = 1): Plan {
  return { iommus: [driver], cells, clients: [cells === 0 ? [[0]] : [[0, 7]]] };
}
const one = planOf('arm-smmu-v3');
const two: Plan = {
  iommus: ['arm-smmu-v3', 'arm-smmu-v3'],
  clients: [
    [
      [0, 7],
      [1, 8],
    ],
  ],
};

/** Everything is added and bound, the IOMMUs first. */
function boot(lab: Lab, plan: Plan): void {
  lab.addAll();
  plan.iommus.forEach((_driver, i) => {
    lab.bind(lab.iommu(i));
  });
  plan.clients.forEach((_client, i) => {
    lab.bind(lab.client(i));
  });
}

describe('a device that is in a group', () => {
  test.each([
    ['is probed again, and loses what it has when its driver refuses', v6_1, -EBUSY, false],
    ['is not probed again on v6.7', v6_7, 0, true],
  ] as const)('%s', (_what, design, ret, keeps) => {
    inLab(
      one,
      (lab) => {
        boot(lab, one);
        const dev = lab.client();
        expect(lab.run(() => lab.k.iommu_probe_device(dev))).toBe(ret);
        expect(dev.iommu_group.value).not.toBeNull();
        expect(dev.iommu.value !== null).toBe(keeps);
      },
      { design },
    );
  });

  test.each([
    ['is passed over by a walk', v6_1],
    ['is passed over by a walk on v6.7', v6_7],
  ] as const)('%s', (_what, design) => {
    inLab(
      one,
      (lab) => {
        boot(lab, one);
        lab.run(() => lab.k.bus_iommu_probe(lab.client().bus));
        expect(endStateOf(lab.client())).toMatchObject({ grouped: true, ids: [7] });
      },
      { design },
    );
  });

  test.each([
    ['is left alone by the firmware path', v6_1, 0],
    ['is given to the IOMMU core once more by the firmware path of v6.7', v6_7, 1],
  ] as const)('%s', (_what, design, calls) => {
    let asked = 0;
    const spy = apply('spy', design, {
      subject: 'count replays',
      replaces: {
        *iommu_probe_device(): Generator<never, errno> {
          asked++;
          return 0;
        },
      },
    });
    inLab(
      one,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu());
        asked = 0;
        const group = lab.run(() => lab.k.iommu_group_alloc());
        lab.client().iommu_group.value = group as never;
        lab.run(() => lab.k.of_iommu_configure(lab.client(), lab.client().dma_node, null));
        expect(asked).toBe(calls);
      },
      { design: spy },
    );
  });
});

test.each([
  ['a device that only has a description cannot be released: its IOMMU is NULL', v6_1, true],
  ['on v6.7 what it has is freed', v6_7, false],
] as const)('%s', (_what, design, crashes) => {
  inLab(
    two,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu(0));
      lab.bind(lab.client()); // its second IOMMU is not there
      const dev = lab.client();
      expect(dev.iommu.value?.fwspec.value?.freed).toBe(false);
      const release = (): void => {
        lab.run(() => lab.k.iommu_release_device(dev));
      };
      if (crashes) expect(release).toThrow(Crash);
      else {
        release();
        expect(dev.iommu.value).toBeNull();
      }
    },
    { design },
  );
});

describe('the default domain is one that the driver makes', () => {
  const passthrough: Partial<Kconfig> = { iommu_passthrough: true };
  const lazy: Partial<Kconfig> = { iommu_strict: false };
  const arm: Partial<Kconfig> = { CONFIG_IOMMU_DMA: false };

  test.each<[DriverName, number, Partial<Kconfig>, string | null]>([
    ['arm-smmu', 1, {}, 'DMA'],
    ['arm-smmu', 1, lazy, 'DMA-FQ'],
    ['arm-smmu', 1, passthrough, 'identity'],
    ['virtio-iommu', 1, lazy, 'DMA'],
    ['virtio-iommu', 1, passthrough, 'identity'],
    ['apple-dart', 1, lazy, 'DMA'],
    ['apple-dart', 1, passthrough, 'identity'],
    ['exynos-sysmmu', 0, passthrough, 'DMA'],
    ['rockchip-iommu', 0, passthrough, 'DMA'],
    ['sprd-iommu', 0, lazy, 'DMA'],
    ['sun50i-iommu', 1, passthrough, 'DMA'],
    ['qcom_iommu', 1, passthrough, 'DMA'],
    ['msm_iommu', 1, {}, null],
    ['tegra-smmu', 1, {}, null],
    ['omap-iommu', 0, {}, null],
    ['arm-smmu', 1, arm, null],
    ['arm-smmu', 1, { ...arm, ...passthrough }, 'identity'],
  ])('%s, %i cells, %j: %s', (driver, cells, config, domain) => {
    const plan = planOf(driver, cells);
    inLab(
      plan,
      (lab) => {
        boot(lab, plan);
        expect(endStateOf(lab.client())).toMatchObject({ grouped: true, bound: true, domain });
      },
      { design: v6_1, config },
    );
  });
});

test('hardware that gains nothing by flushing late has strict domains', () => {
  inLab(
    one,
    (lab) => {
      lab.run(() => lab.k.iommu_set_dma_strict());
      boot(lab, one);
      expect(endStateOf(lab.client()).domain).toBe('DMA');
    },
    { design: v6_1, config: { iommu_strict: false } },
  );
});

test('a device whose group has no default domain works without its IOMMU, and inspect says why', () => {
  const { devices } = inspect(machineOfPlan(planOf('tegra-smmu')), v6_1, defaultKconfig);
  expect(devices.at(-1)).toMatchObject({
    outcome: 'direct',
    group: 0,
    domain: null,
    reasons: expect.arrayContaining([expect.stringMatching(/no default domain/)]),
  });
});

test.each([
  ['of two devices behind one sprd-iommu the second gets no group', v6_1, [true, false]],
  ['on v6.7 both do', v6_7, [true, true]],
] as const)('%s', (_what, design, grouped) => {
  const plan: Plan = { iommus: ['sprd-iommu'], cells: 0, clients: [[[0]], [[0]]] };
  inLab(
    plan,
    (lab) => {
      boot(lab, plan);
      const states = [0, 1].map((i) => endStateOf(lab.client(i)));
      expect(states.map((state) => state.grouped)).toEqual(grouped);
      expect(states.map(({ bound }) => bound)).toEqual([true, true]);
    },
    { design },
  );
});

test.each<[DriverName, number]>([
  ['rockchip-iommu', 0],
  ['sun50i-iommu', 1],
  ['ipmmu-vmsa', 1],
])('all devices behind one %s share a group', (driver, cells) => {
  const clients = [0, 1].map((i) => [cells === 0 ? [0] : [0, i]] as never);
  const plan: Plan = { iommus: [driver], cells, clients };
  inLab(
    plan,
    (lab) => {
      boot(lab, plan);
      const [first, second] = [0, 1].map((i) => lab.client(i).iommu_group.value);
      expect(first).not.toBeNull();
      expect(second).toBe(first);
    },
    { design: v6_1 },
  );
});

test.each([
  ['ipmmu-vmsa remembers a group that went with its last device', v6_1, true],
  ['on v6.7 it holds a reference', v6_7, false],
] as const)('%s', (_what, design, crashes) => {
  const plan: Plan = { iommus: ['ipmmu-vmsa'], clients: [[[0, 1]], [[0, 2]]] };
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      lab.bind(lab.client(0));
      lab.run(() => lab.k.device_del(lab.client(0)));
      const next = (): boolean => lab.bind(lab.client(1));
      if (crashes) expect(next).toThrow(Crash);
      else expect(next()).toBe(true);
    },
    { design },
  );
});

/** Whether an IOMMU's driver data is there when its clients can find it. */
function readyAtRegistration(driver: DriverName, cells: number, design: Design): boolean {
  let ready = false;
  const spy = apply('spy', design, {
    subject: 'look at the driver data',
    replaces: {
      *iommu_device_register(k, iommu, ops) {
        ready = iommu.dev.drvdata.value !== null;
        return yield* design.functions.iommu_device_register(k, iommu, ops);
      },
    },
  });
  const plan = planOf(driver, cells);
  inLab(plan, (lab) => boot(lab, plan), { design: spy });
  return ready;
}

test.each([
  ['exynos-sysmmu', 0, v6_1, false],
  ['exynos-sysmmu', 0, v6_7, true],
  ['ipmmu-vmsa', 1, v6_1, false],
  ['sun50i-iommu', 1, v6_1, true],
] as const)(
  '%s (%i cells) is set up when it registers, or not',
  (driver, cells, design, expected) => {
    expect(readyAtRegistration(driver, cells, design)).toBe(expected);
  },
);

describe('what came back to 6.1.y', () => {
  test('an SMMUv3 takes a StreamID that a device lists twice, and no other device with it', () => {
    const plan: Plan = {
      iommus: ['arm-smmu-v3'],
      clients: [
        [
          [0, 7],
          [0, 7],
        ],
        [[0, 7]],
      ],
    };
    inLab(
      plan,
      (lab) => {
        boot(lab, plan);
        expect(endStateOf(lab.client(0))).toMatchObject({ grouped: true, ids: [7, 7] });
        expect(endStateOf(lab.client(1))).toMatchObject({ grouped: false, bound: true });
        expect(lab.k.log.map(({ text }) => text)).toContain('Adding to IOMMU failed: -EINVAL');
      },
      { design: v6_1 },
    );
  });

  test.each([
    ['arm-smmu', -EPROBE_DEFER],
    ['arm-smmu-v3', -ENODEV],
  ] as const)('a device whose %s is not bound yet is refused with %i', (driver, expected) => {
    const plan = planOf(driver);
    inLab(
      plan,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu());
        const drv = lab.iommu().driver.value;
        if (drv !== null) drv.klist_devices.value = Sequence.of();
        const dev = lab.client();
        expect(
          lab.run(function* () {
            const ops = lab.k.opsOf(driver);
            yield* lab.k.iommu_fwspec_init(dev, lab.iommu().fwnode as never, ops);
            yield* lab.k.iommu_fwspec_add_ids(dev, [7]);
            return yield* lab.k.iommu_probe_device(dev);
          }),
        ).toBe(expected);
      },
      { design: v6_1 },
    );
  });
});

test('a second kind of IOMMU is refused, and its clients wait', () => {
  const plan: Plan = {
    iommus: ['arm-smmu', 'arm-smmu-v3'],
    clients: [[[0, 7]], [[1, 8]]],
  };
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      expect([lab.bind(lab.iommu(0)), lab.bind(lab.iommu(1))]).toEqual([true, false]);
      expect([lab.bind(lab.client(0)), lab.bind(lab.client(1))]).toEqual([true, false]);
      expect(lab.k.deferred_probe_pending_list.value).toContain(lab.client(1));
    },
    { design: v6_1 },
  );
});

test('the second IOMMU of a device that is not there is -EINVAL, and what was built stays', () => {
  inLab(
    two,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu(0));
      lab.bind(lab.client());
      expect(lab.k.log.map(({ text }) => text)).toContain('Adding to IOMMU failed: -EINVAL');
      expect(endStateOf(lab.client())).toMatchObject({ bound: true, grouped: false, ids: [7] });
    },
    { design: v6_1 },
  );
});

// Where v6.1 and v6.7 have the same domains, a boot with nothing beside it gives the same.
test.each<[DriverName, number]>([
  ['arm-smmu', 1],
  ['arm-smmu-v3', 1],
  ['virtio-iommu', 1],
  ['apple-dart', 1],
  ['exynos-sysmmu', 0],
  ['rockchip-iommu', 0],
  ['sun50i-iommu', 1],
  ['sprd-iommu', 0],
  ['qcom_iommu', 1],
  ['ipmmu-vmsa', 1],
  ['mtk_iommu', 1],
])('with nothing beside it every device gets what it gets on v6.7: %s', (driver, cells) => {
  const plan = planOf(driver, cells);
  const [old, later] = [v6_1, v6_7].map((design) =>
    inLab(
      plan,
      (lab) => {
        boot(lab, plan);
        const { attachments, ...state } = endStateOf(lab.client());
        return { ...state, ids: attachments.map(({ ids }) => ids) };
      },
      { design },
    ),
  );
  expect(old).toMatchObject({ grouped: true });
  expect(old).toEqual(later);
});

test.each([
  ['v6.1', null],
  ['v6.7', 0],
])('behind an IPMMU of R-Car Gen4 a PCI function has on %s the group %s', (kernel, group) => {
  const machine = machineOf(
    [
      node('iommu@1000', [
        compatible('renesas,rcar-gen4-ipmmu-vmsa'),
        reg64(0x1000),
        phandle(1),
        prop('#iommu-cells', be32(1)),
      ]),
      host(0x400_0000, [prop('iommu-map', be32(0, 1, 0, 0x1_0000))]),
    ],
    { '0000:00:01.0': configSpace({ type: 0 }) },
    [compatible('renesas,r8a779g0')],
  );
  const { devices } = inspect(machine, designOf(kernel), defaultKconfig);
  const found = devices.find(({ name }) => name === '0000:00:01.0');
  expect(found?.group).toBe(group);
});
