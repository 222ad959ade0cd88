// IOMMU drivers whose probe_device looks for the device itself, in firmware or in what it knows.
import { describe, expect, test } from 'vitest';
import { EINVAL, ENODEV, type Kconfig } from '../../../src/linux/index.ts';
import { endStateOf } from '../../../src/machine/index.ts';
import { idsOf, imbalances, inLab, type Lab, missing, type Plan } from '../lab.ts';

/** Most of these are for 32-bit ARM, whose default domains are identity domains. */
const arm: Partial<Kconfig> = {
  CONFIG_ARM64: false,
  CONFIG_ARM: true,
  CONFIG_ARM_DMA_USE_IOMMU: true,
  CONFIG_IOMMU_DMA: false,
};

function onArm(plan: Plan, body: (lab: Lab) => void): void {
  inLab(plan, body, { config: arm });
}

function attachments({ k, iommu, client }: Lab, of = client()): unknown[] {
  return endStateOf(of).attachments.map(({ instance, ids }) => [
    [0, 1].findIndex((i) => k.instanceOf(iommu(i)) === instance),
    ...ids,
  ]);
}

/** Add the IOMMUs, bind them, and only then add the clients. */
function clientsLast(plan: Plan, lab: Lab): void {
  const { k, run, iommu, client, bind } = lab;
  plan.iommus.forEach((_, i) => {
    run(() => k.device_add(iommu(i)));
  });
  plan.iommus.forEach((_, i) => {
    expect(bind(iommu(i))).toBe(true);
  });
  plan.clients.forEach((_, i) => {
    run(() => k.device_add(client(i)));
  });
}

function left({ world }: Lab): string[] {
  return (world.heap as { freed: boolean; className: string }[])
    .filter(({ freed }) => !freed)
    .map(({ className }) => className);
}

describe('omap-iommu', () => {
  const plan = (...clients: Plan['clients']): Plan => ({
    iommus: ['omap-iommu', 'omap-iommu'],
    cells: 0,
    clients,
  });

  test('a device that comes after its IOMMUs gets all of them, whether or not a driver binds', () => {
    const both = plan([[1], [0]]);
    onArm(both, (lab) => {
      clientsLast(both, lab);
      expect(attachments(lab)).toEqual([[1], [0]]);
    });
  });

  test('devices with the same first IOMMU share a group', () => {
    const three = plan([[0]], [[0], [1]], [[1], [0]]);
    onArm(three, (lab) => {
      clientsLast(three, lab);
      const [one, other, third] = [0, 1, 2].map((i) => lab.client(i).iommu_group.value);
      expect(one).not.toBeNull();
      expect(other).toBe(one);
      expect(third).not.toBe(one);
    });
  });

  test('a device that is there first, and one of its IOMMUs not: the other one cannot register', () => {
    onArm(plan([[0], [1]]), (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu(0))).toBe(false);
      expect([...lab.k.iommu_device_list.value]).toEqual([]);
    });
  });

  test('a device without iommus is -ENODEV', () => {
    const none = plan();
    onArm(none, (lab) => {
      clientsLast(none, lab);
      expect(lab.run(() => lab.k.iommu_probe_device(lab.iommu()))).toBe(-ENODEV);
      expect(left(lab)).toEqual([]);
    });
  });

  test('after release the group of the instance is left', () => {
    const one = plan([[0]]);
    onArm(one, (lab) => {
      clientsLast(one, lab);
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      expect(left(lab)).toEqual(['iommu_group']);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('of_iommu finds no IOMMU: a device that binds before the walk comes to it is left direct', () => {
    onArm(plan([[0]]), (lab) => {
      const { k, run, iommu, client } = lab;
      run(() => k.device_add(iommu()));
      expect(lab.bind(iommu())).toBe(true);
      expect(run(() => k.of_iommu_configure(client(), client().dma_node, null))).toBeNull();
      expect(client().iommu.value).toBeNull();
    });
  });
});

describe('tegra-smmu', () => {
  const plan = (...clients: Plan['clients']): Plan => ({ iommus: ['tegra-smmu'], clients });

  test('the walk alone gives a device its IDs once', () => {
    inLab(
      plan([
        [0, 5],
        [0, 6],
      ]),
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu());
        expect(idsOf(lab.client())).toEqual([5, 6]);
        expect(attachments(lab)).toEqual([[0, 5, 6]]);
      },
    );
  });

  test('a device that of_iommu has parsed as well has them twice', () => {
    const one = plan([[0, 5]]);
    inLab(one, (lab) => {
      clientsLast({ ...one, clients: [] }, lab);
      const { k, run, client } = lab;
      run(() => k.of_iommu_configure(client(), client().dma_node, null));
      expect(idsOf(client())).toEqual([5, 5]);
      expect(attachments(lab)).toEqual([[0, 5]]);
    });
  });

  test('a device that waits for it keeps it from registering; the memory controller works on', () => {
    inLab(plan([[0, 5]]), (lab) => {
      lab.addAll();
      expect(lab.bind(lab.client())).toBe(false); // deferred, with a placeholder fwspec
      expect(lab.bind(lab.iommu())).toBe(true);
      expect([...lab.k.iommu_device_list.value]).toEqual([]);
      expect(lab.k.log.map(({ text }) => text)).toContain(
        `failed to initialize fwspec: ${-EINVAL}`,
      );
    });
  });

  test('devices of a software group share a group, which is identity', () => {
    inLab(plan([[0, 5]], [[0, 5]], [[0, 6]]), (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      const [one, other, third] = [0, 1, 2].map((i) => lab.client(i).iommu_group.value);
      expect(one?.domain.value?.type).toBe('identity');
      expect(other).toBe(one);
      expect(third).not.toBe(one);
    });
  });

  test('after the last release nothing is left, and the software group may come again', () => {
    inLab(plan([[0, 5]]), (lab) => {
      const { k, run, client } = lab;
      lab.addAll();
      lab.bind(lab.iommu());
      run(() => k.iommu_release_device(client()));
      expect(left(lab)).toEqual([]);
      expect(imbalances(lab)).toEqual([]);
      expect(run(() => k.iommu_probe_device(client()))).toBe(0);
    });
  });
});

describe('mtk_iommu_v1', () => {
  const plan = (...ids: number[]): Plan => ({
    iommus: ['mtk_iommu_v1'],
    clients: [ids.map((id) => [0, id] as const)],
  });

  test('a device that waits for it loses its placeholder and is parsed anew', () => {
    onArm(plan(3, 4), (lab) => {
      lab.addAll();
      expect(lab.bind(lab.client())).toBe(false);
      expect(lab.bind(lab.iommu())).toBe(true);
      expect(idsOf(lab.client())).toEqual([3, 4]);
      expect(attachments(lab)).toEqual([[0, 3, 4]]);
      expect(imbalances(lab)).toEqual([]);
    });
  });

  test('its own mapping takes the place of the default domain', () => {
    onArm(plan(3), (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      expect(lab.client().iommu_group.value?.domain.value?.type).toBe('identity');
      expect(lab.client().dma_ops.value).toBe('arm_iommu_ops');
    });
  });

  test.each<[string, number[], boolean]>([
    ['ports of one arbiter', [0, 10], true],
    ['ports of two arbiters keep the IOMMU from registering', [10, 11], false],
  ])('%s', (_what, ids, registers) => {
    onArm(plan(...ids), (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu())).toBe(registers);
    });
  });

  test('after release nothing is left', () => {
    onArm(plan(3), (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      expect(left(lab)).toEqual([]);
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

describe('msm_iommu', () => {
  function behind(clients: Plan['clients'], body: (lab: Lab) => void): void {
    onArm({ iommus: ['msm_iommu', 'msm_iommu'], clients }, (lab) => {
      lab.addAll();
      for (const i of [0, 1]) expect(lab.bind(lab.iommu(i))).toBe(true);
      body(lab);
    });
  }

  const parse = ({ k, run }: Lab, dev: ReturnType<Lab['client']>): number =>
    run(() => k.parseIommus(dev, dev.dma_node ?? missing(), null));

  test('a device may sit behind two instances, each with IDs of its own', () => {
    behind(
      [
        [
          [0, 5],
          [1, 6],
          [0, 7],
        ],
      ],
      (lab) => {
        expect(lab.bind(lab.client())).toBe(true);
        // priv is the context that was made last, and has got the last ID, too.
        expect(attachments(lab)).toEqual([
          [1, 6, 7],
          [0, 5],
        ]);
        expect(idsOf(lab.client())).toEqual([]);
      },
    );
  });

  test('an ID that is given twice counts once', () => {
    behind(
      [
        [
          [0, 5],
          [0, 5],
        ],
      ],
      (lab) => {
        lab.bind(lab.client());
        expect(attachments(lab)).toEqual([[0, 5]]);
      },
    );
  });

  test('a second device of an instance has no context, and crashes', () => {
    behind([[[0, 5]], [[0, 6]]], (lab) => {
      lab.bind(lab.client(0));
      expect(() => parse(lab, lab.client(1))).toThrow('master is NULL');
    });
  });

  test('so does the first one when it is parsed again after its dev->iommu has gone', () => {
    behind([[[0, 5]]], (lab) => {
      lab.bind(lab.client());
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      expect(left(lab)).toEqual(['msm_iommu_ctx_dev']);
      expect(() => parse(lab, lab.client())).toThrow('master is NULL');
    });
  });

  test('a device that no instance knows is -ENODEV', () => {
    behind([[[0, 5]]], ({ k, run, client }) => {
      expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
    });
  });
});
