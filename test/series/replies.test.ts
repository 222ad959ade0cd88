// What the replies to the series claim, each as a test.
import { describe, expect, test } from 'vitest';
import { type ExploreOptions, explore, type Outcome } from '../../src/explore/index.ts';
import {
  apply,
  type Design,
  defaultKconfig,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
} from '../../src/linux/index.ts';
import { endStateOf } from '../../src/machine/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { dartWantsFwspec, deferForSecond } from '../../src/series/parts/fixes.ts';
import { inLab, type Plan } from '../linux/lab.ts';
import { summary } from '../scenarios/races/explored.ts';
import { configure, live } from './fwspec-v2/lab.ts';

const twoDarts: Plan = {
  iommus: ['apple-dart', 'apple-dart'],
  clients: [
    [
      [0, 1],
      [1, 2],
    ],
  ],
};

const posted = designOf('fwspec-v2');
const onlyFirstFix = apply('first fix alone', posted, deferForSecond);
const onlyDartCheck = apply('dart check alone', posted, dartWantsFwspec);

function exploredWith(design: Design, scenario: string, options: ExploreOptions = {}): Outcome {
  const found = scenarioOf(scenario);
  const program = programOf(found, design, defaultKconfig, builtinShape(found, 'apple-dart'));
  return explore(program, { ignore: ['data-race'], ...options });
}

describe('a device whose second DART has not registered', () => {
  test.each<[string, Design, number]>([
    ['gets -EINVAL from the series as posted', posted, -EINVAL],
    ['waits with the first fix', onlyFirstFix, -EPROBE_DEFER],
    ['waits with both fixes', designOf('fwspec-v2+fixes'), -EPROBE_DEFER],
    ['waits with the stop-gap', designOf('fwspec-v2+clear'), -EPROBE_DEFER],
  ])('%s', (_name, design, answer) => {
    inLab(
      twoDarts,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu(0));
        expect(configure(lab)).toBe(answer);
      },
      { design },
    );
  });
});

/** One DART registers, the device binds or waits, the other registers, who waits gets another try. */
function lateSecond(design: Design): { readonly iommus: number; readonly dma_ops: string | null } {
  return inLab(
    twoDarts,
    ({ addAll, bind, iommu, client }) => {
      addAll();
      bind(iommu(0));
      const bound = bind(client());
      bind(iommu(1));
      if (!bound) bind(client());
      const { attachments, dma_ops } = endStateOf(client());
      return { iommus: attachments.length, dma_ops };
    },
    { design },
  );
}

describe('a device behind two DARTs that come one after the other ends', () => {
  test.each<[string, Design, number, string | null]>([
    // -EINVAL: bound without an IOMMU; the next walk finds what the parse has left in priv.
    ['behind one, not using it, with the series as posted', posted, 1, null],
    ['behind one with the first fix alone', onlyFirstFix, 1, 'iommu_dma_ops'],
    ['without any with the check in apple-dart alone', onlyDartCheck, 0, null],
    ['behind both with both fixes', designOf('fwspec-v2+fixes'), 2, 'iommu_dma_ops'],
    ['behind both with the stop-gap', designOf('fwspec-v2+clear'), 2, 'iommu_dma_ops'],
  ])('%s', (_name, design, iommus, dma_ops) => {
    expect(lateSecond(design)).toEqual({ iommus, dma_ops });
  });
});

// "Which leaks the cfg memory": with the stop-gap, as the reply says, and with the agreed fix no less.
test.each(['fwspec-v2+fixes', 'fwspec-v2+clear'])(
  '%s leaks what the first try had noted',
  (kernel) => {
    inLab(
      twoDarts,
      (lab) => {
        const { addAll, bind, iommu, client } = lab;
        addAll();
        bind(iommu(0));
        bind(client());
        bind(iommu(1));
        bind(client());
        // The device's own, the one that its group goes by, and the lost one.
        expect(live(lab).filter((name) => name === 'apple_dart_master_cfg').length).toBe(3);
      },
      { design: designOf(kernel) },
    );
  },
);

// What neither reply says. The lock is held for one specifier at a time, and a walk in between that
// finds no fwspec frees dev->iommu, with it what the driver has noted of the specifiers before.
describe('while the second DART registers', () => {
  const found = (kernel: string): Outcome =>
    exploredWith(designOf(kernel), 'two-iommus', { maxExecutions: 150 });
  const [withFixes, withStopGap] = ['fwspec-v2+fixes', 'fwspec-v2+clear'].map(found);

  test('both fixes can leave the device behind the second DART alone, and leak the first', () => {
    const { bugs = [] } = withFixes ?? {};
    expect(bugs.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/ends with iommu B \(0x2\)/),
    );
    expect(bugs).toContainEqual(
      expect.objectContaining({ kind: 'leak', object: 'apple_dart_master_cfg' }),
    );
  });

  test('the stop-gap can free the dev->iommu of a device that a walk has just probed', () => {
    const { bugs = [] } = withStopGap ?? {};
    expect(bugs).toContainEqual(
      expect.objectContaining({
        kind: 'property',
        message: expect.stringMatching(/keeps its dev->iommu/),
      }),
    );
  });
});

describe.each(['v6.7', 'fwspec-v2', 'fwspec-v2+fixes', 'fwspec-v2+clear'])('%s', (kernel) => {
  const outcome = exploredWith(designOf(kernel), 'cover-letter');

  test('does not crash in the race of the cover letter', () => {
    const kinds = outcome.bugs.map(({ kind }) => kind);
    expect(outcome.complete).toBe(true);
    expect(kinds.filter((kind) => kind === 'null-deref' || kind === 'use-after-free')).toEqual([]);
  });
});

describe('specifiers read in probe_device', () => {
  const sketch = designOf('probe-xlate');
  /** What the sketch says of the core, but does not change. */
  const repaired = apply('repaired', sketch, deferForSecond, {
    subject: 'a driver without of_xlate() is one all the same',
    drivers: ({ 'apple-dart': ops }) => ({
      'apple-dart': {
        ...ops,
        *of_xlate_fwspec() {
          return 0;
        },
      },
    }),
  });

  test('as posted, no device gets a DART', () => {
    inLab(
      twoDarts,
      (lab) => {
        lab.addAll();
        for (const index of [0, 1]) lab.bind(lab.iommu(index));
        expect(configure(lab)).toBe(-ENODEV);
        expect(lab.client().iommu_group.value).toBeNull();
      },
      { design: sketch },
    );
  });

  const outcome = exploredWith(repaired, 'two-iommus');

  test('with a core that knows such drivers the device gets both, and nothing is leaked', () => {
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toEqual([]);
  });
});

describe('the first attempt of the cover letter', () => {
  const attempt = designOf('device-lock');
  const kinds = (scenario: string, design: Design, driver: 'arm-smmu-v3' | 'apple-dart') => {
    const found = scenarioOf(scenario);
    const program = programOf(found, design, defaultKconfig, builtinShape(found, driver));
    return new Set(explore(program, { ignore: ['data-race'] }).bugs.map(({ kind }) => kind));
  };

  test.each(['cover-letter', 'bind-iort', 'hotplug'])(
    'ends the crash of the cover letter in %s',
    (scenario) => {
      const before = kinds(scenario, designOf('v6.7-rc1'), 'arm-smmu-v3');
      expect([...before]).toContain('null-deref');
      const after = kinds(scenario, attempt, 'arm-smmu-v3');
      for (const kind of ['null-deref', 'use-after-free', 'double-free', 'leak'] as const)
        expect(after.has(kind)).toBe(false);
    },
  );

  test('is not kept to by drivers that configure a device of somebody else', () => {
    expect([...kinds('second-configure', attempt, 'arm-smmu-v3')]).toEqual(['lockdep']);
  });

  test('lets two IOMMUs that register at once wait for each other', () => {
    expect([...kinds('two-registrations', attempt, 'arm-smmu-v3')]).toEqual(['deadlock']);
  });
});

describe('a driver that reads its IDs through iommu_of_get_iommu()', () => {
  const end = (design: Design, plan: Plan) =>
    inLab(
      plan,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu(0));
        if (plan.iommus.length > 1) lab.bind(lab.iommu(1));
        lab.bind(lab.client());
        return endStateOf(lab.client()).attachments.flatMap(({ ids }) => ids);
      },
      { design },
    );
  const readIds = designOf('probe-get-iommu');
  const twoIds = (iommu: Plan['iommus'][number]): Plan => ({
    iommus: [iommu],
    clients: [
      [
        [0, 1],
        [0, 2],
      ],
    ],
  });

  test.each(['arm-smmu', 'arm-smmu-v3', 'virtio-iommu'] as const)(
    'of %s keeps the second ID, which patch 5 loses',
    (iommu) => {
      expect(end(posted, twoIds(iommu))).not.toEqual([1, 2]);
      expect(end(readIds, twoIds(iommu))).toEqual([1, 2]);
    },
  );

  test('has no IOMMU when its specifiers name two', () => {
    const plan: Plan = { ...twoDarts, iommus: ['arm-smmu-v3', 'arm-smmu-v3'] };
    expect(end(readIds, plan)).toEqual([]);
  });
});
