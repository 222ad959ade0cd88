// Scenarios on devices of every shape.
import { describe, expect, test } from 'vitest';
import { explore, sequentially } from '../../src/explore/index.ts';
import { type DriverName, defaultKconfig } from '../../src/linux/index.ts';
import { endStateOf, machineOfShape, type Shape, shapeText } from '../../src/machine/index.ts';
import {
  type AskedShape,
  builtinShape,
  lacking,
  programOf,
  scenarioOf,
  scenarios,
  unfit,
} from '../../src/scenarios/index.ts';
import { boot } from '../../src/scenarios/setup.ts';
import { designOf } from '../../src/series/index.ts';
import { UsageError } from '../../src/util/index.ts';
import { explored, type Subject, tokenOf } from './races/explored.ts';

type Case = readonly [what: string, asked: AskedShape, driver: DriverName | null];

const shapes: readonly Case[] = [
  ['three IDs', { ids: [[1, 2, 3]] }, null],
  ['one ID twice', { ids: [[1, 1]] }, null],
  ['three IOMMUs', { iommus: 3 }, 'apple-dart'],
  [
    'two IDs at each of two IOMMUs',
    {
      ids: [
        [1, 2],
        [3, 4],
      ],
    },
    'apple-dart',
  ],
  ['two functions of one group', { functions: 2 }, 'arm-smmu'],
  ['three functions of one group', { functions: 3 }, null],
  ['an alias bridge', { bridge: 'pcie-to-pci' }, 'arm-smmu'],
  ['three behind an alias bridge', { bridge: 'pcie-to-pci', functions: 3 }, 'arm-smmu'],
  ['AMBA', { bus: 'amba' }, null],
  ['fsl-mc', { bus: 'fsl-mc' }, 'arm-smmu'],
  ['three objects of fsl-mc', { bus: 'fsl-mc', functions: 3 }, 'arm-smmu'],
  ['cdx', { bus: 'cdx' }, null],
  ['no cells', { cells: 0 }, null],
  ['cells for a mask', { cells: 2 }, 'arm-smmu'],
  ['mmu-masters', { binding: 'mmu-masters' }, 'arm-smmu'],
  ['two IDs in mmu-masters', { binding: 'mmu-masters', ids: [[1, 2]] }, 'arm-smmu'],
];

function shapeFor(scenario: string, [, asked, driver]: Case): Shape | null {
  try {
    return builtinShape(scenarioOf(scenario), driver, null, asked);
  } catch (error) {
    if (error instanceof UsageError && error.code === 'cli/unfit') return null;
    throw error;
  }
}

describe.each(shapes)('%s', (...of) => {
  const taken = scenarios.flatMap((scenario): [string, Shape][] => {
    const shape = shapeFor(scenario.name, of);
    return shape === null || unfit(scenario, shape) !== null ? [] : [[scenario.name, shape]];
  });

  test('most scenarios take it', () => {
    expect(taken.length).toBeGreaterThan(7);
  });

  test.each(taken)('%s runs, and its shape is kept in a token', (name, shape) => {
    const kernels = ['v6.7-rc1', 'fwspec-v2', 'v7.3'];
    const kernel = kernels[name.length % kernels.length] ?? 'v6.1';
    const subject: Subject = { scenario: scenarioOf(name), kernel, shape };
    const { executions, bugs } = explored(subject, { maxExecutions: 1, causes: false });
    expect(executions).toBeGreaterThan(0);
    expect(bugs.filter(({ kind }) => kind === 'deadlock')).toEqual([]);
    const [bug] = bugs.filter(({ steps }) => steps.length > 0);
    if (bug !== undefined) expect(tokenOf(subject, bug).decoded.shape).toEqual(shape);
  });
});

/** The group of each device of a shape after a boot with no concurrency, as numbers by first use. */
function groupsOf(kernel: string, asked: AskedShape, driver: DriverName): (number | null)[] {
  const shape = builtinShape(scenarioOf('two-clients'), driver, null, asked);
  const machine = machineOfShape(shape, { second: true });
  const order = [...machine.iommus, machine.client, machine.second].filter((of) => of !== null);
  return sequentially((world) => {
    const { client, second, mates } = boot(world, designOf(kernel), defaultKconfig, machine, order);
    const groups = [client, second, ...mates].map((dev) => dev?.iommu_group.value ?? null);
    const known = [...new Set(groups.filter((group) => group !== null))];
    return groups.map((group) => (group === null ? null : known.indexOf(group)));
  });
}

describe('who shares a group', () => {
  test.each<[string, AskedShape, DriverName, string, (number | null)[]]>([
    ['two platform devices do not', {}, 'arm-smmu', 'v6.12', [0, 1]],
    ['functions of one slot do', { functions: 3 }, 'arm-smmu-v3', 'v6.12', [0, 0, 0]],
    ['functions of two slots do not', { bus: 'pci' }, 'arm-smmu-v3', 'v6.12', [0, 1]],
    ['objects of one container do', { bus: 'fsl-mc' }, 'arm-smmu', 'v6.12', [0, 0]],
    ['devices of cdx do not', { bus: 'cdx' }, 'arm-smmu-v3', 'v6.12', [0, 1]],
    ['who is behind an alias bridge does', { bridge: 'pcie-to-pci' }, 'arm-smmu', 'v7.3', [0, 0]],
    ['as well where IDs do not', { bridge: 'pcie-to-pci' }, 'virtio-iommu', 'v7.3', [0, 0]],
    ['or behind a unit of VT-d', { bridge: 'pcie-to-pci' }, 'intel-iommu', 'v7.3', [0, 0]],
    ['or of AMD', { bridge: 'pcie-to-pci' }, 'amd-iommu', 'v7.3', [0, 0]],
    ['objects that ANDD declares do not', { bus: 'platform' }, 'intel-iommu', 'v7.3', [0, 1]],
    ['masters of one stream do', { cells: 0 }, 'arm-smmu', 'v6.12', [0, 0]],
  ])('%s', (_what, asked, driver, kernel, expected) => {
    expect(groupsOf(kernel, asked, driver)).toEqual(expected);
  });
});

test.each(['v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3'])(
  'on %s a device of cdx does not wait for its IOMMU',
  (kernel) => {
    const scenario = scenarioOf('cover-letter');
    const shape = builtinShape(scenario, null, null, { bus: 'cdx' });
    const machine = machineOfShape(shape);
    const bound = sequentially((world) => {
      const { client } = boot(world, designOf(kernel), defaultKconfig, machine, [machine.client]);
      const { bound: works, grouped } = endStateOf(client);
      return { works, grouped };
    });
    expect(bound).toEqual({ works: true, grouped: false });
  },
);

describe('what is asked for and cannot be', () => {
  test.each<[string, AskedShape, DriverName, RegExp]>([
    [
      'functions of a platform device',
      { bus: 'platform', functions: 2 },
      'arm-smmu',
      /share a group/,
    ],
    ['two IDs of a cdx device', { bus: 'cdx', ids: [[1, 2]] }, 'arm-smmu', /one ID/],
    [
      'three IDs behind an alias bridge',
      { bridge: 'pcie-to-pci', ids: [[1, 2, 3]] },
      'arm-smmu',
      /two IDs/,
    ],
    [
      'IDs at more IOMMUs than there are',
      { iommus: 1, ids: [[1], [2]] },
      'arm-smmu',
      /more IOMMUs/,
    ],
    ['mmu-masters of an SMMUv3', { binding: 'mmu-masters' }, 'arm-smmu-v3', /arm-smmu/],
    ['IDs in DMAR', { ids: [[1]] }, 'intel-iommu', /neither IDs/],
    ['cells in DMAR', { cells: 1 }, 'intel-iommu', /neither IDs/],
    ['nine functions', { functions: 9 }, 'arm-smmu', /fewer places/],
    ['a device of AMBA in IVRS', { bus: 'amba' }, 'amd-iommu', /objects of the ACPI namespace/],
    ['a device of cdx in DMAR', { bus: 'cdx' }, 'intel-iommu', /objects of the ACPI namespace/],
    ['a platform device of s390', { bus: 'platform' }, 's390-iommu', /on PCI/],
    ['a bridge on s390', { bridge: 'pcie-to-pci' }, 's390-iommu', /no bridges/],
  ])('%s', (_what, asked, driver, says) => {
    const ask = () => builtinShape(scenarioOf('two-clients'), driver, null, asked);
    expect(ask).toThrow(UsageError);
    expect(ask).toThrow(says);
  });
});

test('v6.1 has no cdx bus', () => {
  const shape = builtinShape(scenarioOf('rebind'), null, null, { bus: 'cdx' });
  expect(lacking({ design: designOf('v6.1'), config: defaultKconfig }, shape)).toMatch(/cdx/);
  expect(lacking({ design: designOf('v6.12'), config: defaultKconfig }, shape)).toBe(null);
});

test('a shape is told in a few words', () => {
  const told = (asked: AskedShape) =>
    shapeText(builtinShape(scenarioOf('two-clients'), 'arm-smmu', null, asked));
  expect(told({ functions: 2 })).toBe('pci, 2 functions in one group, ID 0x1 at iommu');
  expect(told({ ids: [[1, 1]] })).toBe('platform, IDs 0x1 and 0x1 at iommu');
  expect(told({ bus: 'amba', iommus: 2 })).toBe('amba, ID 0x1 at iommu A, ID 0x2 at iommu B');
});

test('clients of functions of one group are explored to the end', () => {
  const scenario = scenarioOf('deferred-work');
  const shape = builtinShape(scenario, 'arm-smmu', null, { functions: 2 });
  const program = programOf(scenario, designOf('v7.3'), defaultKconfig, shape);
  const { complete, bugs } = explore(program, { ignore: ['data-race'], maxExecutions: 2000 });
  expect({ complete, bugs: bugs.map(({ id }) => id) }).toEqual({ complete: true, bugs: [] });
});

test.each(['v6.1', 'v6.7-rc1', 'v6.12', 'v7.3'])(
  'on %s an object of a container has the ID that IORT maps its own to, as with a devicetree',
  (kernel) => {
    const scenario = scenarioOf('rebind');
    const endOf = (firmware: 'iort' | 'devicetree'): readonly unknown[] => {
      const shape = builtinShape(scenario, null, firmware, { bus: 'fsl-mc', ids: [[7]] });
      const machine = machineOfShape(shape, scenario.besides);
      const offered = [...machine.iommus, machine.client];
      return sequentially((world) => {
        const { client } = boot(world, designOf(kernel), defaultKconfig, machine, offered);
        const { bound, grouped, ids } = endStateOf(client);
        return [bound, grouped, ids];
      });
    };
    expect(endOf('iort')).toEqual([true, true, [7]]);
    expect(endOf('devicetree')).toEqual([true, true, [7]]);
  },
);

test('of two reasons why a scenario does not fit the one is told that adding an IOMMU does not mend', () => {
  const reason = (name: string): string | null =>
    unfit(scenarioOf(name), builtinShape(scenarioOf(name), 'qcom_iommu'));
  expect(reason('unload')).toMatch(/part of the kernel/);
  expect(reason('two-iommus')).toMatch(/two IOMMUs/);
});
