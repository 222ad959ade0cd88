// Kernels that are called by what is put on them.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { apply, type Design, defaultKconfig, type Kconfig } from '../../src/linux/index.ts';
import { builtinShape, knownOf, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { patches, steps } from '../../src/series/fwspec-v2/index.ts';
import {
  additions,
  baseOf,
  bisectedWith,
  designOf,
  isKernel,
  kernelFor,
  masked,
} from '../../src/series/index.ts';
import { present, UsageError } from '../../src/util/index.ts';

/** The architecture that has OMAPs, with DMA operations that an IOMMU is mapped by. */
const arm: Kconfig = {
  ...defaultKconfig,
  CONFIG_ARM64: false,
  CONFIG_ARM: true,
  CONFIG_ARM_DMA_USE_IOMMU: true,
};

function bugsOf(
  kernel: string,
  name: string,
  driver: string | null,
  maxExecutions = 400,
): string[] {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, driver);
  const config = driver === 'omap-iommu' ? arm : defaultKconfig;
  const program = programOf(scenario, designOf(kernel), config, shape);
  return explore(program, { ignore: ['data-race'], maxExecutions }).bugs.map(({ id }) => id);
}

// What each repairs, where it is seen with nothing else repaired.
const repaired: readonly (readonly [
  repair: string,
  on: string,
  scenario: string,
  driver: string | null,
  bug: string,
])[] = [
  ...['fwspec-v2/1', 'fwspec-v2/2', 'fwspec-v2'].map(
    (on) =>
      [
        'p01',
        on,
        'deferred-work',
        'omap-iommu',
        'property:DMA-goes-through-the-group-that-the-device-is-in:end',
      ] as const,
  ),
  [
    'p17',
    'fwspec-v2',
    'remove-device',
    'apple-dart',
    'use-after-free:apple_dart_probe_device:apple_dart_master_cfg',
  ],
  [
    'p05',
    'fwspec-v2',
    'partial-fwspec',
    null,
    'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
  ],
  ['p05', 'fwspec-v2', 'partial-fwspec', null, 'leak:iommu_fwspec_append_ids:fwspec_ids'],
  ['p10', 'fwspec-v2', 'bind-iort', null, 'property:a-probed-device-keeps-its-description:always'],
  [
    'p08',
    'fwspec-v2',
    'rebind',
    'qcom_iommu',
    'property:a-probed-device-keeps-its-description:always',
  ],
  [
    'p11',
    'fwspec-v2',
    'cover-letter',
    'qcom_iommu',
    'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
  ],
];

describe('a mistake of the series that is repaired by name', () => {
  test.each(repaired)(
    '%s of %s is gone from %s behind %s: %s',
    (repair, on, scenario, driver, bug) => {
      expect(bugsOf(on, scenario, driver)).toContain(bug);
      expect(bugsOf(`${on}+${repair}`, scenario, driver)).not.toContain(bug);
    },
  );

  test('p08-module holds the module while of_xlate() is at work', () => {
    const heldOn = (kernel: string): number => {
      let held = -1;
      const design = apply(kernel, designOf(kernel), {
        subject: 'look at the module',
        drivers: ({ 'apple-dart': ops }) => ({
          'apple-dart': {
            ...ops,
            *of_xlate(k, dev, spec) {
              held = k.module(k.opsOf('apple-dart')).count;
              return yield* present(ops.of_xlate, 'of_xlate')(k, dev, spec);
            },
          },
        }),
      });
      const scenario = scenarioOf('unload');
      const shape = builtinShape(scenario, 'apple-dart');
      explore(programOf(scenario, design, defaultKconfig, shape), { maxExecutions: 1 });
      return held;
    };
    expect(heldOn('fwspec-v2+p08-module')).toBe(heldOn('fwspec-v2') + 1);
  });

  test.each(['fwspec-v2/1', 'fwspec-v2/2', 'fwspec-v2/4', 'fwspec-v2'])(
    'p01 leaves a device that is behind its IOMMU its DMA operations: %s',
    (on) => {
      for (const scenario of ['deferred-work', 'bind-iort'])
        expect(bugsOf(`${on}+p01`, scenario, null, 20)).toEqual(bugsOf(on, scenario, null, 20));
    },
  );

  test('p17 clears priv without the lock that patch 17 asserts', () => {
    const bugs = bugsOf('fwspec-v2+p17', 'remove-device', 'apple-dart');
    expect(bugs.filter((id) => id.startsWith('lockdep:'))).toEqual([]);
  });

  test('the agreed fixes are p06 and dart', () => {
    const { functions, drivers } = designOf('fwspec-v2+fixes');
    const composed = designOf('fwspec-v2+p06+dart');
    expect(composed.functions).toEqual(functions);
    expect(composed.drivers['apple-dart'].text).toBe(drivers['apple-dart'].text);
  });

  test('each is for the series from the step that makes it to the last, and for nothing before', () => {
    for (const name of additions.map((part) => part.name)) {
      const taken = steps.map(({ name: step }) => applies(`${step}+${name}`));
      const first = taken.indexOf(true);
      expect(taken, name).toEqual(taken.map((_, n) => n >= first));
      expect(first, name).toBeGreaterThan(0);
      expect(applies(`v6.12+${name}`), name).toBe(name === 'p17'); // merged as it was posted
      expect(applies(`v6.7-rc1+${name}`), name).toBe(false);
    }
  });

  test('all can be repaired at once, and in whatever order they are named', () => {
    const names = additions.map((part) => part.name);
    const all = designOf(`fwspec-v2+${names.join('+')}`);
    const other = designOf(`fwspec-v2+${names.toReversed().join('+')}`);
    for (const [symbol, fn] of Object.entries(all.functions))
      expect(String(other.functions[symbol]), symbol).toBe(String(fn));
    // What is left is the driver's own, in every kernel.
    const own = 'refcount:end:device-iommu';
    expect(bugsOf(all.name, 'cover-letter', 'qcom_iommu', 100)).toEqual([own]);
    expect(bugsOf('v6.7-rc1', 'cover-letter', 'qcom_iommu', 100)).toContain(own);
  });
});

function applies(kernel: string): boolean {
  try {
    return designOf(kernel).name === kernel;
  } catch (error) {
    if (error instanceof UsageError && error.code === 'cli/part-does-not-apply') return false;
    throw error;
  }
}

describe('patches of the series put on a kernel one by one', () => {
  test('make the step that they lead to', () => {
    let name = 'v6.7-rc1';
    patches.forEach((_patch, i) => {
      name += `+${String(i + 1).padStart(4, '0')}`;
      expect(designOf(name).functions).toEqual((steps[i + 1] as Design).functions);
    });
  });

  test.each([
    ['v6.7-rc1+0005', true],
    ['v6.7-rc1+0006+0007', true],
    ['v6.7-rc1+0007', false],
    ['v6.7-rc1+0009', false],
    ['v6.7+0008', false],
    ['v7.3+0001', false],
  ])('%s: %s, by whether what it changes and calls is there', (kernel, taken) => {
    expect(applies(kernel)).toBe(taken);
  });

  test('a patch that is taken alone finds all that it calls', () => {
    const folder = new URL('../../src/series/fwspec-v2/', import.meta.url);
    const files = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
    expect(files).toHaveLength(patches.length);
    for (const file of files) {
      const name = `v6.7-rc1+${file.slice(0, 4)}`;
      if (!applies(name)) continue;
      const { functions, inlines } = designOf(name);
      const text = readFileSync(new URL(file, folder), 'utf8');
      for (const [, called = ''] of text.matchAll(/yield\* k\.(\w+)[(<]/g))
        if (called.startsWith('iommu_'))
          expect(called in functions || called in inlines, `${name} ${called}`).toBe(true);
    }
  });
});

describe('the name of a kernel with something on it', () => {
  test.each(['fwspec-v2+', 'fwspec-v2+p5', 'fwspec-v2++p05', 'v6.99+p05', '+p05', 'p05'])(
    '%j is none',
    (name) => {
      expect(isKernel(name)).toBe(false);
      expect(() => designOf(name)).toThrow(UsageError);
    },
  );

  test('begins with the longest kernel that it can', () => {
    expect(baseOf('fwspec-v2+fixes+p05')).toBe('fwspec-v2+fixes');
    expect(baseOf('fwspec-v2/12+p05')).toBe('fwspec-v2/12');
    expect(baseOf('fwspec-v2+p05')).toBe('fwspec-v2');
  });

  test('stands for itself, and near it there is one', () => {
    expect(kernelFor('fwspec-v2+p05')).toEqual({ name: 'fwspec-v2+p05', exact: true });
    expect(masked).toContain('fwspec-v2+p10');
  });

  test('is judged as the kernel that it begins with', () => {
    const bug = 'property:a-probed-device-keeps-its-description:always';
    const place = { scenario: 'bind-iort' };
    const found = knownOf('fwspec-v2+p05', [bug], '', place);
    expect(found).not.toBe(null);
    expect(found).toEqual(knownOf('fwspec-v2', [bug], '', place));
  });
});

describe('the way through the series with a repair', () => {
  test('has it on each step that it applies to', () => {
    const names = bisectedWith('fwspec-v2+p05+p10').map(({ kernel }) => kernel);
    expect(names[4]).toBe('fwspec-v2/4');
    expect(names[5]).toBe('fwspec-v2/5+p05');
    expect(names[9]).toBe('fwspec-v2/9+p05');
    expect(names[17]).toBe('fwspec-v2/17+p05+p10');
  });

  test.each(['v6.12', 'fwspec-v2', 'v6.7-rc1+0001'])('there is none with %s', (name) => {
    expect(() => bisectedWith(name)).toThrow(/patch series/);
  });
});
