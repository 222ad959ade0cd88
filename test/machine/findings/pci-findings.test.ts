// Findings about PCI functions, each with one thing in the way of isolation.
import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import {
  type Finding,
  inspect,
  machineFromFunctions,
  ruleFamilies,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../../firmware/fdt-builder.ts';
import { configSpace as config } from '../pci/config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';

const smmu = node('iommu@1000', [
  compatible('arm,smmu-v3'),
  reg64(0x1000, 0x2_0000),
  phandle(1),
  prop('#iommu-cells', be32(1)),
]);

type Functions = Readonly<Record<string, Uint8Array>>;

/** Behind an SMMUv3. */
function findingsOf(functions: Functions, ...props: readonly Prop[]): readonly Finding[] {
  const named = Object.entries(functions).map(([name, bytes]) => [`0000:${name}`, bytes]);
  const map = prop('iommu-map', be32(0, 1, 0, 0x1_0000));
  const nodes = [smmu, host(0x4000, [map, ...props])];
  const machine = machineOf(nodes, Object.fromEntries(named));
  const { findings } = inspect(machine, designOf('v7.3'), defaultKconfig);
  return findings.filter(({ rule }) => rule.startsWith('pci-'));
}

const ids = [0x1af4, 0x1041] as const;
const endpoint = config({ ids, type: 0 });
const port = (primary: number, secondary: number, subordinate = secondary): Uint8Array =>
  config({ type: 4, primary, secondary, subordinate, acs: [0x5f, 0x1d] });
const open = (primary: number, secondary: number, subordinate = secondary): Uint8Array =>
  config({ type: 6, primary, secondary, subordinate });
/** With ATS, alone among the extended capabilities. */
const withAts = config({
  ids,
  type: 0,
  words: [
    [0x100, 0x0f],
    [0x102, 1],
  ],
});

const cases: readonly (readonly [rule: string, how: string, Functions, at: [string, number]])[] = [
  [
    'pci-no-acs-port',
    'a root port without the capability',
    { '00:01.0': config({ type: 4, secondary: 1 }), '01:00.0': endpoint },
    ['00:01.0', 0x40],
  ],
  [
    'pci-mf-no-acs',
    'two functions of a card',
    { '00:01.0': config({ ids, type: 0, multifunction: true }), '00:01.1': endpoint },
    ['00:01.0', 0x0e],
  ],
  [
    'pci-mf-bit',
    'a second function behind one that says it is alone',
    { '00:01.0': endpoint, '00:01.1': endpoint },
    ['00:01.0', 0x0e],
  ],
  [
    'pci-legacy-bridge',
    'a bridge to conventional PCI',
    { '00:01.0': config({ type: 7, secondary: 1 }), '01:01.0': config({}) },
    ['00:01.0', 0x0e],
  ],
  [
    'pci-alias-quirk',
    'a disk controller that sends as function 1',
    { '00:01.0': config({ ids: [0x1b4b, 0x9123], type: 0 }) },
    ['00:01.0', 0],
  ],
  [
    'pci-bus-numbers',
    'a bridge to the bus it is on',
    { '00:01.0': port(0, 2, 1) },
    ['00:01.0', 0x18],
  ],
  [
    'pci-bus-numbers',
    'a bridge that leads further than the one above it',
    { '00:01.0': port(0, 1, 2), '01:00.0': port(1, 2, 3) },
    ['01:00.0', 0x18],
  ],
  [
    'pci-bus-numbers',
    'two bridges to one bus',
    { '00:01.0': port(0, 1), '00:02.0': port(0, 1) },
    ['00:02.0', 0x19],
  ],
  [
    'pci-bus-numbers',
    'a bridge that leads back to the bus above it',
    { '00:01.0': port(0, 1, 2), '01:00.0': port(1, 0, 2) },
    ['01:00.0', 0x19],
  ],
  [
    'pci-bus-numbers',
    'a bridge that leads to the bus that it is on',
    { '00:01.0': port(0, 1, 2), '01:00.0': port(1, 1, 2) },
    ['01:00.0', 0x19],
  ],
  [
    'pci-dump-short',
    'what lspci -x shows of a function with capabilities',
    { '00:01.0': config({ type: 0 }).subarray(0, 64) },
    ['00:01.0', 0x40],
  ],
  [
    'pci-cap-loop',
    'a capability that leads to itself',
    { '00:01.0': config({ type: 0, words: [[0x40, 0x4010]] }) },
    ['00:01.0', 0x40],
  ],
  [
    'pci-cap-loop',
    'two extended capabilities that lead to each other',
    {
      '00:01.0': config({
        type: 0,
        words: [
          [0x100, 1],
          [0x102, 0x1401],
          [0x140, 2],
          [0x142, 0x1001],
        ],
      }),
    },
    ['00:01.0', 0x100],
  ],
  [
    'pci-port-type',
    'a downstream port below a root port',
    { '00:01.0': port(0, 1, 2), '01:00.0': open(1, 2) },
    ['01:00.0', 0x42],
  ],
  [
    'pci-port-type',
    'an upstream port below another',
    {
      '00:01.0': port(0, 1, 3),
      '01:00.0': config({ type: 5, primary: 1, secondary: 2, subordinate: 3 }),
      '02:00.0': config({ type: 5, primary: 2, secondary: 3 }),
    },
    ['02:00.0', 0x42],
  ],
  [
    'pci-port-type',
    'a root port below a switch',
    {
      '00:01.0': port(0, 1, 3),
      '01:00.0': config({ type: 5, primary: 1, secondary: 2, subordinate: 3 }),
      '02:00.0': port(2, 3),
    },
    ['02:00.0', 0x42],
  ],
  [
    'pci-port-type',
    'a downstream port below nothing',
    { '00:01.0': config({ type: 6, secondary: 1, acs: [0x5f, 0x1d] }) },
    ['00:01.0', 0x42],
  ],
  [
    'pci-switch-siblings',
    'two open ports of a switch below a port that isolates',
    {
      '00:01.0': port(0, 1, 4),
      '01:00.0': config({ type: 5, primary: 1, secondary: 2, subordinate: 4 }),
      '02:00.0': open(2, 3),
      '02:01.0': open(2, 4),
      '03:00.0': endpoint,
      '04:00.0': endpoint,
    },
    ['02:00.0', 0x40],
  ],
  [
    'pci-ats-no-rc',
    'a host bridge that does not say so',
    { '00:01.0': withAts },
    ['00:01.0', 0x100],
  ],
  [
    'pci-port-type',
    'an endpoint with the header of a bridge',
    { '00:01.0': config({ type: 0, secondary: 1 }) },
    ['00:01.0', 0x42],
  ],
  [
    'pci-port-type',
    'a port with the header of an endpoint',
    { '00:01.0': config({ type: 4 }) },
    ['00:01.0', 0x42],
  ],
  [
    'pci-port-type',
    'a part of the root complex below a port',
    { '00:01.0': port(0, 1), '01:00.0': config({ ids, type: 9 }) },
    ['01:00.0', 0x42],
  ],
  [
    'pci-bus-numbers',
    'two bridges with a bus in common',
    { '00:01.0': port(0, 1, 2), '00:02.0': port(0, 2, 3) },
    ['00:01.0', 0x1a],
  ],
  [
    'pci-bus-numbers',
    'a bus that nothing leads to',
    { '00:01.0': port(0, 1), '05:00.0': endpoint, '05:01.0': endpoint },
    ['05:00.0', 0],
  ],
  [
    'pci-cap-loop',
    'a list that leads into the header',
    { '00:01.0': config({ type: 0, words: [[0x40, 0x2010]] }) },
    ['00:01.0', 0x41],
  ],
  [
    'pci-cap-loop',
    'a list that leads between two capabilities',
    { '00:01.0': config({ type: 0, words: [[0x34, 0x42]] }) },
    ['00:01.0', 0x34],
  ],
  [
    'pci-cap-loop',
    'an extended list that leads to the others',
    {
      '00:01.0': config({
        type: 0,
        words: [
          [0x100, 1],
          [0x102, 0x0401],
        ],
      }),
    },
    ['00:01.0', 0x100],
  ],
];

describe('what is in the way has a finding at the place', () => {
  test.each(cases)('%s: %s', (rule, _how, functions, [name, offset]) => {
    const found = findingsOf(functions).filter((finding) => finding.rule === rule);
    expect(found.map((finding) => [finding.node, finding.offset])).toEqual([
      [`0000:${name}`, offset],
    ]);
  });

  test('and each rule has a case', () => {
    const family = ruleFamilies.find(({ name }) => name === 'pci');
    const named = family?.rules.map(({ name }) => name).sort();
    // That one is about machines of which no firmware is known, below.
    const tested = ['pci-acs-off', ...cases.map(([rule]) => rule)];
    expect([...new Set(tested)].sort()).toEqual(named);
  });
});

test('a bridge that nobody has given numbers is no loop', () => {
  const functions = { '00:01.0': port(0, 1, 2), '01:00.0': port(1, 0, 0) };
  const rules = findingsOf(functions).map(({ rule }) => rule);
  expect(rules).not.toContain('pci-bus-numbers');
});

test('what is to be said of several functions is one finding', () => {
  const open = (secondary: number) => config({ type: 4, secondary });
  const functions = { '00:01.0': open(1), '00:02.0': open(2), '00:03.0': open(3) };
  const [finding, ...others] = findingsOf(functions).filter(
    ({ rule }) => rule === 'pci-no-acs-port',
  );
  expect(finding?.nodes).toEqual(['0000:00:01.0', '0000:00:02.0', '0000:00:03.0']);
  expect(others).toEqual([]);
});

test('a port without ACS is a warning where devices could have been apart', () => {
  const open = config({ type: 4, secondary: 1, subordinate: 3 });
  const alone = { '00:01.0': open, '01:00.0': endpoint };
  const two = {
    '00:01.0': open,
    '01:00.0': config({ type: 5, primary: 1, secondary: 2, subordinate: 3 }),
    '02:00.0': endpoint,
    '02:01.0': endpoint,
  };
  const severities = [alone, two].map((functions) =>
    findingsOf(functions)
      .filter(({ rule }) => rule === 'pci-no-acs-port')
      .map(({ severity }) => severity),
  );
  expect(severities).toEqual([['note'], ['warning']]);
});

test('ports with ACS, single functions and cards that are isolated have none', () => {
  const card = config({ type: 0, multifunction: true, acs: [0x5f, 0x1d] });
  const functions = {
    '00:01.0': port(0, 1, 2),
    '01:00.0': config({ type: 5, primary: 1, secondary: 2 }),
    '02:00.0': endpoint,
    '00:02.0': card,
    '00:02.1': config({ type: 0, acs: [0x5f, 0x1d] }),
    '00:03.0': config({}),
  };
  expect(findingsOf(functions)).toEqual([]);
});

test('a port that says the wrong thing is what it can be: one below a root port isolates nothing', () => {
  const functions = { '00:01.0': port(0, 1, 2), '01:00.0': open(1, 2), '02:00.0': endpoint };
  const rules = findingsOf(functions).map(({ rule }) => rule);
  expect(rules).toEqual(['pci-port-type']);
});

test('ATS that firmware speaks of is no finding', () => {
  expect(findingsOf({ '00:01.0': withAts }, prop('ats-supported', be32()))).toEqual([]);
});

test('services that are off are told where nobody knows whether Linux turns them on', () => {
  const off = { '00:01.0': config({ type: 4, secondary: 1, acs: [0x5f, 0x01] }) };
  // Behind an IOMMU that is described, it does.
  expect(findingsOf(off).map(({ rule }) => rule)).not.toContain('pci-acs-off');
  const alone = machineFromFunctions(new Map([['0000:00:01.0', off['00:01.0']]]));
  const { findings } = inspect(alone, designOf('v7.3'), defaultKconfig);
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'pci-acs-off', offset: 0x106 }));
});
