import { describe, expect, test } from 'vitest';
import type { FdtNode } from '../../../src/firmware/fdt/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { type Finding, inspect, lint, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, host, interrupts, machineOf, phandle, reg64 } from '../trees.ts';

/** Without what maps leave out of the IDs that there may be: most here are short. */
function findingsOf(machine: Machine): readonly Finding[] {
  const design = designOf('v6.7');
  const { findings } = inspect(machine, design, defaultKconfig);
  // With less of the machine booted.
  expect(lint(machine, design, defaultKconfig)).toEqual(findings);
  return findings.filter(
    ({ rule, severity }) => rule !== 'iommu-map-partial' || severity !== 'note',
  );
}

/** Where the value of a property is in the blob. */
function offsetOf(machine: Machine, path: string, property: string): number {
  const nodes = (at: FdtNode): FdtNode[] => [at, ...at.children.flatMap(nodes)];
  const root = machine.fdt?.root;
  const found = root === undefined ? [] : nodes(root);
  const value = found.find((at) => at.path === path)?.properties.get(property);
  expect(value, `${path} ${property}`).toBeDefined();
  return value?.offset ?? -1;
}

const one = prop('#iommu-cells', be32(1));

function iommu(
  number: number,
  driver = 'arm,smmu-v3',
  cells: Prop | null = one,
  more: Prop[] = [],
) {
  const address = 0x1000 * number;
  // Those of an SMMUv3 would need names.
  const irqs = driver === 'arm,smmu-v3' ? [] : interrupts();
  const props = [compatible(driver), reg64(address), phandle(number), ...irqs, ...more];
  return node(`iommu@${address.toString(16)}`, cells === null ? props : [...props, cells]);
}

function client(number: number, iommus: Uint8Array) {
  const address = 0x100000 + 0x1000 * number;
  const props = [compatible('x'), reg64(address), prop('iommus', iommus)];
  return node(`dma@${address.toString(16)}`, props);
}

const disabled = prop('status', text('disabled'));

/** A PCI function as a capture shows it: IDs and class, the rest zero. */
function endpoint(): Uint8Array {
  const config = new Uint8Array(256);
  config.set([0xf4, 0x1a, 0x00, 0x10]);
  config[0x0b] = 0x02;
  return config;
}

interface Case {
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly tree: readonly Node[];
  readonly pci?: Readonly<Record<string, Uint8Array>>;
  /** Node, property, and bytes from the start of its value. */
  readonly at: readonly [string, string, number];
}

const dma0 = '/dma@100000';
const dma1 = '/dma@101000';
const pcie = '/pcie@4000000';

function pci(map: Uint8Array, ...more: Prop[]): Node {
  return host(0x4000000, [prop('iommu-map', map), ...more]);
}

const cases: readonly Case[] = [
  {
    rule: 'iommus-length',
    severity: 'error',
    tree: [iommu(1), client(0, new Uint8Array(7))],
    at: [dma0, 'iommus', 0],
  },
  {
    rule: 'iommus-length',
    severity: 'error',
    tree: [iommu(1), client(0, new Uint8Array(0))],
    at: [dma0, 'iommus', 0],
  },
  {
    rule: 'iommus-dangling',
    severity: 'error',
    tree: [iommu(1), client(0, be32(1, 5, 99, 6))],
    at: [dma0, 'iommus', 8],
  },
  {
    rule: 'iommus-zero-phandle',
    severity: 'error',
    tree: [iommu(1), client(0, be32(1, 5, 0))],
    at: [dma0, 'iommus', 8],
  },
  {
    rule: 'iommus-no-cells',
    severity: 'error',
    tree: [node('clock@1000', [compatible('x'), reg64(0x1000), phandle(1)]), client(0, be32(1))],
    at: [dma0, 'iommus', 0],
  },
  {
    rule: 'iommus-short',
    severity: 'error',
    tree: [iommu(1), client(0, be32(1))],
    at: [dma0, 'iommus', 0],
  },
  {
    rule: 'iommu-disabled',
    severity: 'note',
    tree: [
      iommu(1, 'arm,smmu-v3', one, [disabled]),
      client(0, be32(1, 5)),
      client(1, be32(1, 6)),
      pci(be32(8, 1, 8, 8, 16, 1, 16, 8)),
    ],
    at: ['/iommu@1000', 'status', 0],
  },
  {
    rule: 'pcie-iommus-without-map',
    severity: 'warning',
    tree: [iommu(1), host(0x4000000, [prop('iommus', be32(1, 5))])],
    at: [pcie, 'iommus', 0],
  },
  {
    rule: 'iommu-no-driver',
    severity: 'warning',
    tree: [iommu(1, 'vendor,unknown'), client(0, be32(1, 5))],
    at: ['/iommu@1000', 'compatible', 0],
  },
  {
    rule: 'iommu-multi-instance',
    severity: 'error',
    tree: [iommu(1), iommu(2), client(0, be32(1, 5, 2, 6))],
    at: [dma0, 'iommus', 8],
  },
  {
    rule: 'smmu3-cells',
    severity: 'error',
    tree: [iommu(1, 'arm,smmu-v3', prop('#iommu-cells', be32(2)))],
    at: ['/iommu@1000', '#iommu-cells', 0],
  },
  {
    rule: 'smmu3-dup-sid',
    severity: 'error',
    tree: [iommu(1), client(0, be32(1, 5)), client(1, be32(1, 4, 1, 5))],
    at: [dma1, 'iommus', 8],
  },
  {
    rule: 'smmu3-dup-sid',
    severity: 'error',
    tree: [iommu(1), pci(be32(0, 1, 0, 1), prop('iommu-map-mask', be32(0)))],
    pci: { '0000:00:01.0': endpoint(), '0000:00:02.0': endpoint() },
    at: [pcie, 'iommu-map', 0],
  },
  {
    rule: 'smmu2-smr-conflict',
    severity: 'error',
    tree: [
      iommu(1, 'arm,smmu-v2', prop('#iommu-cells', be32(2))),
      client(0, be32(1, 0x700, 0xf0)),
      client(1, be32(1, 0x700, 0x0f)),
    ],
    at: [dma1, 'iommus', 0],
  },
  {
    rule: 'iommu-map-length',
    severity: 'error',
    tree: [iommu(1), pci(be32(0, 1, 0, 8, 9))],
    at: [pcie, 'iommu-map', 16],
  },
  {
    rule: 'iommu-map-dangling',
    severity: 'error',
    tree: [iommu(1), pci(be32(8, 1, 8, 8, 16, 99, 16, 8))],
    at: [pcie, 'iommu-map', 20],
  },
  {
    rule: 'iommu-map-no-cells',
    severity: 'error',
    tree: [node('clock@1000', [compatible('x'), reg64(0x1000), phandle(1)]), pci(be32(8, 1, 8, 8))],
    at: [pcie, 'iommu-map', 4],
  },
  {
    rule: 'iommu-map-base-outside-mask',
    severity: 'error',
    tree: [iommu(1), pci(be32(9, 1, 8, 8), prop('iommu-map-mask', be32(0xfff8)))],
    at: [pcie, 'iommu-map', 0],
  },
  {
    rule: 'iommu-map-overlap',
    severity: 'warning',
    tree: [iommu(1), pci(be32(16, 1, 16, 16, 8, 1, 8, 9))],
    at: [pcie, 'iommu-map', 16],
  },
  {
    rule: 'iommu-map-zero-length',
    severity: 'note',
    tree: [iommu(1), pci(be32(8, 1, 8, 8, 16, 1, 16, 0))],
    at: [pcie, 'iommu-map', 28],
  },
  {
    rule: 'iommu-map-wrap',
    severity: 'error',
    tree: [iommu(1), pci(be32(8, 1, 0xfffffffe, 8))],
    at: [pcie, 'iommu-map', 12],
  },
  {
    rule: 'iommu-map-partial',
    severity: 'warning',
    tree: [iommu(1), pci(be32(8, 1, 8, 8))],
    pci: { '0000:00:01.0': endpoint(), '0000:00:02.0': endpoint() },
    at: [pcie, 'iommu-map', 0],
  },
];

test.each(cases)('$rule, at $at', ({ rule, severity, tree, pci, at: [path, property, byte] }) => {
  const machine = machineOf(tree, pci);
  expect(findingsOf(machine)).toMatchObject([
    { rule, severity, node: path, property, offset: offsetOf(machine, path, property) + byte },
  ]);
});

test('two kinds of IOMMU at one device: neither can be had, and one does not register', () => {
  const machine = machineOf([iommu(1), iommu(2, 'arm,smmu-v2'), client(0, be32(1, 5, 2, 6))]);
  expect(findingsOf(machine)).toMatchObject([
    { rule: 'iommu-not-registered', severity: 'warning', node: '/iommu@1000' },
    { rule: 'iommu-mixed-drivers', severity: 'error', node: dma0 },
  ]);
});

describe('an IOMMU without #iommu-cells is one finding', () => {
  const without = (driver: string) => iommu(1, driver, null);
  const found = (...tree: Node[]) =>
    inspect(machineOf(tree), designOf('v7.3'), defaultKconfig).findings;

  test.each([
    ['arm,smmu-v3', 'iommus-no-cells', [without('arm,smmu-v3'), client(0, be32(1, 5))]],
    ['arm,smmu-v2', 'iommus-no-cells', [without('arm,smmu-v2'), client(0, be32(1, 5))]],
    ['arm,smmu-v3, which nobody names', 'smmu3-cells', [without('arm,smmu-v3')]],
  ])('%s', (_what, rule, tree) => {
    expect(found(...tree).map((finding) => finding.rule)).toEqual([rule]);
  });

  test('named by several devices, too, and helped by what the node is', () => {
    const clients = [client(0, be32(1, 5)), client(1, be32(1, 6))];
    expect(found(without('arm,smmu-v3'), ...clients)).toMatchObject([
      { nodes: [dma0, '/dma@101000'], help: expect.stringMatching(/^give the IOMMU #iommu-cells/) },
    ]);
    expect(found(without('vendor,clock'), client(0, be32(1, 5)))).toMatchObject([
      { help: expect.stringMatching(/^name an IOMMU: that node is none/) },
    ]);
  });
});

test.each<[string, string, Node[], RegExp]>([
  [
    'another kind of driver is there',
    'v6.7',
    [iommu(1), iommu(2, 'arm,smmu-v2'), client(0, be32(1, 5, 2, 6))],
    /^kernels up to v6\.7 run one kind of IOMMU driver only/,
  ],
  [
    'it waits for itself',
    'v7.3',
    [iommu(1, 'arm,smmu-v3', one, [prop('iommus', be32(1, 5))])],
    /^mend what it waits for/,
  ],
  [
    'its node is not what its driver wants',
    'v7.3',
    [iommu(1, 'arm,smmu-v2', one, [prop('clocks', be32(0))])],
    /^compare its node with the binding/,
  ],
])('an IOMMU that does not register is helped by why: %s', (_what, kernel, tree, help) => {
  const { findings } = inspect(machineOf(tree), designOf(kernel), defaultKconfig);
  const found = findings.filter(({ rule }) => rule === 'iommu-not-registered');
  expect(found).toMatchObject([{ help: expect.stringMatching(help) }]);
});

test('an IOMMU that is behind itself never registers', () => {
  const self = iommu(1, 'arm,smmu-v3', one, [prop('iommus', be32(1, 5))]);
  expect(findingsOf(machineOf([self])).map(({ rule }) => rule)).toEqual([
    'iommu-not-registered',
    'iommu-self',
  ]);
});

test('the ID that a bridge sends for a function must be mapped too', () => {
  const bridge = endpoint();
  bridge.set([0x00, 0x04, 0x06], 0x09);
  bridge.set([0x01], 0x0e);
  bridge.set([0x00, 0x01, 0x01], 0x18);
  const functions = { '0000:00:01.0': bridge, '0000:01:02.0': endpoint() };
  const tree = [iommu(1), pci(be32(0x100, 1, 0x100, 0x100))];
  expect(findingsOf(machineOf(tree, functions))).toMatchObject([
    {
      rule: 'iommu-map-partial',
      message: expect.stringMatching(/0x8 \(0000:00:01\.0\): no IOMMU for it$/),
    },
    { rule: 'iommu-map-alias-hole', message: expect.stringContaining('0x8 (0000:01:02.0)') },
    { rule: 'pci-legacy-bridge', node: '0000:00:01.0' },
  ]);
});

describe('in v7.3 an entry of iommu-map has as many output cells as its target wants', () => {
  const two = iommu(1, 'arm,smmu-v2', prop('#iommu-cells', be32(2)));
  const rulesOf = (map: Uint8Array): string[] =>
    inspect(machineOf([two, pci(map)]), designOf('v7.3'), defaultKconfig)
      .findings.map(({ rule }) => rule)
      .filter((rule) => rule.startsWith('iommu-map') && rule !== 'iommu-map-partial');

  test.each<[string, number[], string[]]>([
    ['entries of 5 cells are read', [8, 1, 8, 0, 1, 9, 1, 9, 0, 1], ['iommu-map-needs-new-kernel']],
    [
      'a range of several IDs is not',
      [8, 1, 8, 0, 8],
      ['iommu-map-needs-new-kernel', 'iommu-map-range-cells'],
    ],
    ['4 cells for single IDs are read', [8, 1, 8, 1, 9, 1, 9, 1], ['iommu-map-2cell-legacy']],
    ['4 cells for a range are not', [8, 1, 8, 8], ['iommu-map-2cell-broken']],
  ])('%s', (_what, map, rules) => {
    expect(rulesOf(be32(...map))).toEqual(rules);
  });
});

test('a disabled IOMMU is one finding, with all whom it touches', () => {
  const off = iommu(1, 'arm,smmu-v3', one, [disabled]);
  const tree = [
    off,
    client(0, be32(1, 5)),
    client(1, be32(1, 6)),
    pci(be32(8, 1, 8, 8, 16, 1, 16, 8)),
  ];
  const found = findingsOf(machineOf(tree));
  expect(found).toMatchObject([
    { rule: 'iommu-disabled', node: '/iommu@1000', devices: [dma0, dma1, pcie] },
  ]);
});

test('a host bridge without a map is a note only where its IOMMU is disabled', () => {
  const off = iommu(1, 'arm,smmu-v3', one, [disabled]);
  const found = findingsOf(machineOf([off, host(0x4000000, [prop('iommus', be32(1, 5))])]));
  expect(found).toMatchObject([
    { rule: 'iommu-disabled', severity: 'note' },
    { rule: 'pcie-iommus-without-map', severity: 'note' },
  ]);
});

describe('nothing is found', () => {
  const clean: readonly (readonly [string, readonly Node[]])[] = [
    ['in a machine without IOMMUs', [node('dma@1000', [compatible('x'), reg64(0x1000)])]],
    ['in IDs that nobody shares', [iommu(1), client(0, be32(1, 5)), client(1, be32(1, 6))]],
    ['in one ID at two IOMMUs', [iommu(1), iommu(2), client(0, be32(1, 5)), client(1, be32(2, 5))]],
    [
      'in a device behind two DARTs',
      [iommu(1, 'apple,t8103-dart'), iommu(2, 'apple,t8103-dart'), client(0, be32(1, 5, 2, 6))],
    ],
    [
      'in SMMUv2 masks that are apart',
      [
        iommu(1, 'arm,smmu-v2', prop('#iommu-cells', be32(2))),
        client(0, be32(1, 0x700, 0xff, 1, 0x400, 0)),
        client(1, be32(1, 0x610, 0x0f, 1, 0x800, 0xff)),
      ],
    ],
    ['in a disabled device', [node('dma@1000', [disabled, prop('iommus', be32(99))])]],
    [
      'in a child of a disabled device',
      [node('bus@1000', [disabled], [node('dma', [prop('iommus', be32(99))])])],
    ],
    ['in a map whose entries touch', [iommu(1), pci(be32(8, 1, 8, 8, 16, 1, 16, 8))]],
    ['in an unused IOMMU without a driver', [iommu(1, 'vendor,unknown')]],
  ];
  test.each(clean)('%s', (_, tree) => {
    expect(findingsOf(machineOf(tree))).toEqual([]);
  });
});
