// What IOMMU drivers follow without a look, and whose memory it is by then.
import { describe, expect, test } from 'vitest';
import { Crash, type Failure, kfree, type Task } from '../../../src/explore/index.ts';
import { ENOENT, ENXIO } from '../../../src/linux/include/linux/errno.ts';
import {
  apply,
  base,
  type Design,
  type DriverName,
  type device,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  IS_ERR,
  iommu_domain,
  type iommu_fwspec,
} from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { Sequence } from '../../../src/util/index.ts';
import { imbalances, inLab, type Lab, missing, type Plan, type Specifier } from '../lab.ts';

function behind(
  driver: DriverName,
  clients: readonly (readonly Specifier[])[],
  body: (lab: Lab) => void,
  options: { readonly kernel?: string; readonly design?: Design; readonly iommus?: number } = {},
): void {
  const { kernel = 'v6.7-rc1', design = designOf(kernel), iommus = 1 } = options;
  const plan: Plan = {
    iommus: Array.from({ length: iommus }, () => driver),
    cells: (clients[0]?.[0]?.length ?? 1) - 1,
    clients,
  };
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      for (let i = 0; i < iommus; i++) expect(lab.bind(lab.iommu(i))).toBe(true);
      body(lab);
    },
    { design },
  );
}

/** What a callback of the client's driver crashes with, or what it returns. */
function called(
  lab: Lab,
  driver: DriverName,
  name: 'probe_device' | 'release_device' | 'device_group',
): unknown {
  const ops = lab.k.opsOf(driver);
  return outcome(() => lab.run(() => (ops[name] ?? missing())(lab.k, lab.client()) as never));
}

function attached(lab: Lab, driver: DriverName): unknown {
  const { k, world } = lab;
  return outcome(() =>
    lab.run(() => k.opsOf(driver).attach_dev(k, new iommu_domain(world), lab.client())),
  );
}

function outcome(body: () => unknown): unknown {
  try {
    const value = body();
    return IS_ERR(value) ? value.error : value;
  } catch (error) {
    if (error instanceof Crash) return `${error.kind}: ${error.object}`;
    throw error;
  }
}

function parse({ k, run, client }: Lab, of: device = client()): unknown {
  return outcome(() => run(() => k.parseIommus(of, of.dma_node ?? missing(), null)));
}

function failures({ world }: Lab): string[] {
  return (world.failures as Failure[]).map(({ kind, object }) => `${kind}: ${object}`);
}

function fwspecOf(dev: device): iommu_fwspec {
  return dev.iommu.value?.fwspec.value ?? missing();
}

const lost = {
  freed(lab: Lab) {
    const fwspec = fwspecOf(lab.client());
    lab.run(() => kfree(lab.world, fwspec));
  },
  gone(lab: Lab) {
    const param = lab.client().iommu.value ?? missing();
    param.fwspec.value = null;
  },
  longer(lab: Lab) {
    const fwspec = fwspecOf(lab.client());
    fwspec.ids.value = Sequence.of([1, 2]);
    fwspec.num_ids.value = 2;
  },
};

describe('SMMUs go by the fwspec long after they have probed a device', () => {
  const freed = 'use-after-free: iommu_fwspec';
  test.each<[DriverName, keyof typeof lost, string, string, string | number]>([
    ['arm-smmu', 'freed', freed, freed, freed],
    ['arm-smmu', 'gone', 'null-deref: fwspec', 'null-deref: fwspec', -ENXIO],
    [
      'arm-smmu',
      'longer',
      'null-deref: cfg->smendx',
      'null-deref: cfg->smendx',
      'null-deref: cfg->smendx',
    ],
    ['arm-smmu-v3', 'freed', freed, 'a group', 0],
    ['arm-smmu-v3', 'gone', 'null-deref: fwspec', 'a group', -ENOENT],
    ['arm-smmu-v3', 'longer', 'null-deref: arm_smmu_stream', 'a group', 0],
  ])('%s: when it is %s', (driver, how, release, group, attach) => {
    const meet = (ask: (lab: Lab) => unknown): unknown => {
      const answers: unknown[] = [];
      behind(driver, [[[0, 1]]], (lab) => {
        lab.bind(lab.client());
        lost[how](lab);
        answers.push(ask(lab));
      });
      return answers[0];
    };
    expect(meet((lab) => called(lab, driver, 'release_device'))).toBe(release);
    const found = meet((lab) => called(lab, driver, 'device_group'));
    expect(typeof found === 'string' ? found : 'a group').toBe(group);
    expect(meet((lab) => attached(lab, driver))).toBe(attach);
  });

  test('since v6.8 arm-smmu does not ask before it attaches', () => {
    behind(
      'arm-smmu',
      [[[0, 1]]],
      (lab) => {
        lab.bind(lab.client());
        lost.gone(lab);
        expect(attached(lab, 'arm-smmu')).toBe('null-deref: fwspec');
      },
      { kernel: 'v6.12' },
    );
  });
});

describe('the streams of an SMMUv3 are nodes of a tree', () => {
  const twice: Specifier[] = [
    [0, 7],
    [0, 7],
  ];

  test.each<[string, Specifier[][], string[]]>([
    ['alone', [twice], []],
    ['beside another device', [twice, [[0, 9]]], ['property: arm_smmu_device->streams']],
  ])('one that is there twice is taken out twice: %s', (_with, clients, expected) => {
    behind(
      'arm-smmu-v3',
      clients,
      (lab) => {
        clients.forEach((_, i) => {
          expect(lab.bind(lab.client(i))).toBe(true);
        });
        expect(lab.client().iommu_group.value).not.toBeNull();
        lab.run(() => lab.k.iommu_device_unuse_default_domain(lab.client()));
        lab.run(() => lab.k.iommu_release_device(lab.client()));
        expect(failures(lab)).toEqual(expected);
      },
      { kernel: 'v7.3' },
    );
  });

  test.each<[string, string, string[]]>([
    ['v6.15', 'before the second 7', []],
    ['v7.3', 'after both, which it puts in order', ['property: arm_smmu_device->streams']],
  ])('%s comes to a StreamID of another device %s', (kernel, _when, expected) => {
    const mixed: Specifier[] = [7, 9, 7].map((id) => [0, id]);
    behind(
      'arm-smmu-v3',
      [[[0, 9]], mixed],
      (lab) => {
        expect([0, 1].map((i) => lab.client(i).iommu_group.value !== null)).toEqual([true, false]);
        expect(failures(lab)).toEqual(expected);
      },
      { kernel },
    );
  });

  test('a fwspec that has become shorter leaves a node behind, and the next device runs into it', () => {
    behind(
      'arm-smmu-v3',
      [
        [
          [0, 7],
          [0, 8],
        ],
        [[0, 8]],
      ],
      (lab) => {
        lab.bind(lab.client());
        fwspecOf(lab.client()).num_ids.value = 1;
        lab.run(() => lab.k.iommu_release_device(lab.client()));
        parse(lab, lab.client(1));
        expect(outcome(() => lab.run(() => lab.k.iommu_probe_device(lab.client(1))))).toBe(
          'use-after-free: arm_smmu_stream',
        );
      },
    );
  });

  test('a device whose streams were refused takes out those that it had', () => {
    behind(
      'arm-smmu-v3',
      [
        [[0, 1]],
        [
          [0, 2],
          [0, 1],
        ],
        [[0, 2]],
      ],
      (lab) => {
        for (const i of [0, 1, 2]) lab.bind(lab.client(i));
        expect([0, 1, 2].map((i) => lab.client(i).iommu_group.value !== null)).toEqual([
          true,
          false,
          true,
        ]);
      },
    );
  });

  test('one that is there twice is also taken out twice when the next one is refused', () => {
    behind(
      'arm-smmu-v3',
      [[[0, 1]], [...twice, [0, 1]]],
      (lab) => {
        lab.bind(lab.client());
        lab.bind(lab.client(1));
        expect(lab.client(1).iommu_group.value).toBeNull();
        expect(failures(lab)).toEqual(['property: arm_smmu_device->streams']);
      },
      { kernel: 'v6.12' },
    );
  });
});

describe('a client of an IOMMU whose driver has gone', () => {
  const parsedBehind = (
    driver: DriverName,
    kernel: string,
    gone: number,
    specifiers: Specifier[],
  ) => {
    const answers: unknown[] = [];
    behind(
      driver,
      [specifiers],
      (lab) => {
        lab.iommu(gone).drvdata.value = null;
        answers.push(parse(lab));
      },
      { kernel, iommus: 2 },
    );
    return answers[0];
  };

  test.each<[DriverName, string, number, Specifier[], unknown]>([
    ['apple-dart', 'v6.7-rc1', 0, [[0, 5]], 0],
    ['apple-dart', 'v6.1', 0, [[0, 5]], 0],
    ['apple-dart', 'v7.3', 0, [[0, 5]], 'null-deref: dart'],
    [
      'apple-dart',
      'v6.7-rc1',
      1,
      [
        [0, 5],
        [1, 6],
      ],
      'null-deref: dart',
    ],
    [
      'apple-dart',
      'v6.7-rc1',
      0,
      [
        [0, 5],
        [1, 6],
      ],
      0,
    ],
    ['qcom_iommu', 'v6.7-rc1', 0, [[0, 1]], 'null-deref: qcom_iommu'],
    ['qcom_iommu', 'v7.3', 0, [[0, 1]], 'null-deref: qcom_iommu'],
    ['sun50i-iommu', 'v7.3', 0, [[0, 1]], 0],
    ['mtk_iommu', 'v7.3', 0, [[0, 1]], 0],
    ['exynos-sysmmu', 'v7.3', 0, [[0]], -ENODEV],
  ])('%s of %s, number %i, is read: %j', (driver, kernel, gone, specifiers, expected) => {
    expect(parsedBehind(driver, kernel, gone, specifiers)).toBe(expected);
  });

  test('apple-dart: an IOMMU that is NULL becomes a pointer into nowhere', () => {
    behind('apple-dart', [[[0, 5]]], (lab) => {
      lab.iommu().drvdata.value = null;
      expect(parse(lab)).toBe(0);
      expect(outcome(() => lab.run(() => lab.k.iommu_probe_device(lab.client())))).toBe(
        'null-deref: iommu',
      );
    });
  });
});

describe('apple-dart', () => {
  test('an error of the group is followed as if it were one', () => {
    const noMemory = apply('no memory for groups', base, {
      subject: 'no memory for groups',
      replaces: {
        *generic_device_group(): Task<ErrPtr> {
          return ERR_PTR(-ENOMEM);
        },
      },
    });
    const answer = (lab: Lab): void => {
      parse(lab);
      expect(called(lab, 'apple-dart', 'device_group')).toBe('null-deref: iommu_group');
    };
    behind('apple-dart', [[[0, 1]]], answer, { design: noMemory });
  });

  test('what a group knows of its streams goes with it', () => {
    behind(
      'apple-dart',
      [[[0, 1]]],
      (lab) => {
        lab.bind(lab.client());
        lab.run(() => lab.k.iommu_release_device(lab.client()));
        expect((lab.world.heap as { freed: boolean }[]).filter(({ freed }) => !freed)).toEqual([]);
        expect(imbalances(lab, 'devices')).toEqual([]);
      },
      { kernel: 'v7.3' },
    );
  });
});

describe('qcom_iommu keeps the fwspec of the first device with the domain', () => {
  test.each<[string, keyof typeof lost | null, unknown]>([
    ['which is there', null, undefined],
    ['which was freed', 'freed', 'use-after-free: iommu_fwspec'],
    ['which dev->iommu has forgotten', 'gone', undefined],
  ])('%s when the page tables go', (_which, how, expected) => {
    behind('qcom_iommu', [[[0, 1]]], (lab) => {
      lab.bind(lab.client());
      if (how !== null) lost[how](lab);
      const domain = lab.client().iommu_group.value?.domain.value ?? missing();
      const free = domain.ops?.domain_free ?? missing();
      expect(outcome(() => lab.run(() => free(lab.k, domain) as never))).toBe(expected);
    });
  });
});

describe('exynos-sysmmu keeps the SYSMMUs of a master in a list through them', () => {
  test('a SYSMMU that a second master names leads the first one astray', () => {
    behind('exynos-sysmmu', [[[0]], [[0]]], (lab) => {
      lab.bind(lab.client(0));
      expect(parse(lab, lab.client(1))).toBe(0);
      expect(called(lab, 'exynos-sysmmu', 'release_device')).toBe('null-deref: sysmmu_drvdata');
    });
  });

  test('one that came after the master was probed has no link to be removed', () => {
    behind(
      'exynos-sysmmu',
      [[[0], [1]]],
      (lab) => {
        const late = lab.iommu(1).drvdata;
        const data = late.value;
        late.value = null;
        expect(parse(lab)).toBe(-ENODEV);
        expect(outcome(() => lab.run(() => lab.k.iommu_probe_device(lab.client())))).toBe(0);
        late.value = data;
        parse(lab);
        expect(called(lab, 'exynos-sysmmu', 'release_device')).toBe('null-deref: data->link');
      },
      { iommus: 2 },
    );
  });

  test('a device whose dev->iommu was freed starts a list of its own', () => {
    behind('exynos-sysmmu', [[[0]]], (lab) => {
      parse(lab);
      lab.run(() => lab.k.dev_iommu_free(lab.client()));
      expect(lab.bind(lab.client())).toBe(true);
      expect(lab.client().iommu_group.value).not.toBeNull();
    });
  });
});

describe('rockchip-iommu', () => {
  test('data that came after the device was probed have no link to be removed', () => {
    behind('rockchip-iommu', [[[0]]], (lab) => {
      lab.bind(lab.client());
      expect(parse(lab)).toBe(0);
      expect(called(lab, 'rockchip-iommu', 'release_device')).toBe('null-deref: data->link');
    });
  });

  test.each<[string, string, string]>([
    ['dma_dev, which stays', 'v6.12', 'the instance'],
    ['the instance, whose probe fails', 'v7.3', 'use-after-free: rk_iommudata'],
  ])('data are managed memory of %s', (_whose, kernel, expected) => {
    behind(
      'rockchip-iommu',
      [[[1]]],
      (lab) => {
        expect(parse(lab)).toBe(0);
        lab.run(() => lab.k.device_unbind_cleanup(lab.iommu(1)));
        const found = called(lab, 'rockchip-iommu', 'probe_device');
        expect(found === lab.k.instanceOf(lab.iommu(1)) ? 'the instance' : found).toBe(expected);
      },
      { kernel, iommus: 2 },
    );
  });
});

describe('msm_iommu looks for a client in the list of each IOMMU', () => {
  test.each<[string, number, string[]]>([
    ['up to its own', 1, []],
    ['also where a list is empty', 0, ['property: msm_iommu_dev->ctx_list']],
  ])('%s', (_how, instance, expected) => {
    behind(
      'msm_iommu',
      [[[instance, 1]]],
      (lab) => {
        const before = lab.world.failures.length;
        expect(parse(lab)).toBe(0);
        expect(called(lab, 'msm_iommu', 'probe_device')).toBe(
          lab.k.instanceOf(lab.iommu(instance)),
        );
        expect(failures(lab).slice(before)).toEqual(expected);
      },
      { iommus: 2 },
    );
  });
});
