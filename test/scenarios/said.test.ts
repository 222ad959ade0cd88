// What firmware says counts, also where the base makes something else of it.
import { describe, expect, test } from 'vitest';
import type { Bug } from '../../src/explore/index.ts';
import { bugOf, fingerprint, replay } from '../../src/explore/index.ts';
import type { DriverName } from '../../src/linux/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import type { EndState } from '../../src/machine/index.ts';
import {
  type AskedShape,
  builtinShape,
  lacking,
  programOf,
  scenarioOf,
  shapeDrivers,
  unexcused,
  unfit,
} from '../../src/scenarios/index.ts';
import { hasWhatIsSaid } from '../../src/scenarios/said.ts';
import { designOf } from '../../src/series/index.ts';
import { explored, type Subject, tokenOf } from './races/explored.ts';

const gets = 'property:a-device-gets-what-firmware-says:end';
const givenUp = 'property:a-device-that-was-given-up-is-not-left-without-its-IOMMU:end';

function subjectOf(
  name: string,
  kernel: string,
  driver: DriverName | null,
  asked: AskedShape = {},
): Subject {
  const scenario = scenarioOf(name);
  return { scenario, kernel, shape: builtinShape(scenario, driver, null, asked) };
}

function found(of: Subject, id: string, maxExecutions: number): Bug | undefined {
  return explored(of, { maxExecutions, causes: false }).bugs.find((bug) => bug.id === id);
}

describe('a finding although the base does it too', () => {
  test.each<[string, string, string, DriverName, AskedShape, RegExp]>([
    [
      'IDs for two SMMUs that all end in the first',
      'two-iommus',
      'v6.7-rc1',
      'arm-smmu-v3',
      {},
      /ends with iommu A \(0x1, 0x2\); firmware gives it iommu A \(0x1\) and iommu B \(0x2\)/,
    ],
    [
      'the same on the newest',
      'two-iommus',
      'v7.3',
      'virtio-iommu',
      {},
      /ends with iommu A \(0x1, 0x2\); firmware gives it iommu A \(0x1\) and iommu B \(0x2\)/,
    ],
    [
      'a StreamID that is said twice',
      'two-clients',
      'v6.7-rc1',
      'arm-smmu-v3',
      { ids: [[1, 1]] },
      /works without translation; firmware gives it iommu \(0x1, 0x1\)/,
    ],
    [
      'what mmu-masters lists for the one SMMU',
      'two-clients',
      'v6.12',
      'arm-smmu',
      { binding: 'mmu-masters' },
      /works without translation; firmware gives it iommu \(0x1\)/,
    ],
  ])('%s', (_what, scenario, kernel, driver, asked, says) => {
    const bug = found(subjectOf(scenario, kernel, driver, asked), gets, 300);
    expect(bug?.message).toMatch(says);
    expect(bug?.title).toBe('device does not get what firmware says (the base does it too)');
  });

  test.each(['v6.7-rc1', 'fwspec-v2', 'v6.12'])(
    'on %s a device that is given up for its IOMMU, and a token shows it again',
    (kernel) => {
      const of = subjectOf('deferral-timeout', kernel, null);
      const bug = found(of, givenUp, 300) as Bug;
      expect(bug.message).toContain('was given up and works without translation');
      const { decoded } = tokenOf(of, bug);
      const program = programOf(
        unexcused(of.scenario),
        designOf(kernel),
        defaultKconfig,
        decoded.shape,
      );
      const again = replay(program, decoded.schedule);
      const [failure] = again.failures.filter((one) => fingerprint(one) === givenUp);
      expect(failure === undefined ? null : bugOf(again, fingerprint(failure))?.id).toBe(givenUp);
    },
  );
});

describe('what the base gets right is no finding', () => {
  test.each(shapeDrivers)('%s', (driver) => {
    for (const [name, asked] of [
      ['partial-fwspec', {}],
      ['rebind', {}],
    ] as const) {
      const of = subjectOf(name, 'v6.7-rc1', driver, asked);
      const build = { design: designOf(of.kernel), config: defaultKconfig };
      if (lacking(build, of.shape) !== null || unfit(of.scenario, of.shape) !== null) continue;
      expect(found(of, gets, 6)).toBe(undefined);
    }
  });

  test.each<[string, DriverName, AskedShape]>([
    ['two IOMMUs of a driver that serves them together', 'apple-dart', { iommus: 2 }],
    [
      'two IDs at each of two IOMMUs',
      'apple-dart',
      {
        ids: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ['an ID twice where that does no harm', 'arm-smmu', { ids: [[1, 1]] }],
    ['a group of functions', 'arm-smmu-v3', { functions: 3 }],
    ['masters of one stream', 'arm-smmu', { cells: 0 }],
  ])('nor %s', (_what, driver, asked) => {
    expect(found(subjectOf('two-clients', 'v6.7-rc1', driver, asked), gets, 12)).toBe(undefined);
  });
});

test('a device that a quiet boot leaves without its IOMMU may get what firmware says', () => {
  const of = subjectOf('add-bind', 'v7.3', 'arm-smmu', { binding: 'mmu-masters' });
  expect(explored(of, { maxExecutions: 50, causes: false }).bugs).toEqual([]);
});

test('a second client of msm_iommu is a crash of any boot, and found as one', () => {
  const of = subjectOf('two-clients', 'v6.7-rc1', 'msm_iommu');
  const { bugs } = explored(of, { maxExecutions: 50, causes: false });
  expect(bugs.map(({ id }) => id)).toContain('null-deref:qcom_iommu_of_xlate:master');
});

test.each<[string, [string, number[]][], [string, number[]][], boolean]>([
  ['the same', [['a', [1, 2]]], [['a', [1, 2]]], true],
  ['in another order', [['a', [2, 1]]], [['a', [1, 2]]], true],
  ['another ID', [['a', [3]]], [['a', [1]]], false],
  ['an ID too few', [['a', [1]]], [['a', [1, 2]]], false],
  ['an ID too many', [['a', [1, 2]]], [['a', [1]]], false],
  ['an ID once that is said twice', [['a', [1]]], [['a', [1, 1]]], true],
  ['an ID twice that is said once', [['a', [1, 1]]], [['a', [1]]], false],
  ['another IOMMU', [['b', [1]]], [['a', [1]]], false],
  [
    'an IOMMU too many',
    [
      ['a', [1]],
      ['b', [2]],
    ],
    [['a', [1]]],
    false,
  ],
])('a device has what it is said to have, or not: %s', (_what, state, said, expected) => {
  const end = (at: [string, number[]][]): EndState =>
    ({ attachments: at.map(([name, ids]) => ({ instance: { dev: { name } }, ids })) }) as never;
  expect(hasWhatIsSaid(end(state), end(said))).toBe(expected);
});
