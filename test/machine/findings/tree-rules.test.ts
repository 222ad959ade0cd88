// Rules about SMMUs, about what supplies an IOMMU, and about the cells that name one.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { type Finding, inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, host, interrupts, machineOf, phandle, reg64 } from '../trees.ts';

type Said = readonly [rule: string, severity: Finding['severity'], node: string];

function findingsOf(tree: readonly Node[], rootProps: readonly Prop[] = [], kernel = 'v7.3') {
  return inspect(machineOf(tree, {}, rootProps), designOf(kernel), defaultKconfig).findings;
}

/** What maps are written like is not looked at here. */
const isAbout = ({ rule }: Finding): boolean => !/^iommu-map-(?!sid-collision)/.test(rule);

function said(findings: readonly Finding[]): Said[] {
  return findings.filter(isAbout).map(({ rule, severity, node }) => [rule, severity, node]);
}

const cells = (count: number): Prop => prop('#iommu-cells', be32(count));
const off = prop('status', text('disabled'));

function iommu(number: number, kind: string, ...props: Prop[]): Node {
  const address = 0x10_0000 * number;
  const own = props.some(({ name }) => name === 'reg') ? [] : [reg64(address)];
  return node(`iommu@${address.toString(16)}`, [
    compatible(...kind.split(' ')),
    phandle(number),
    ...own,
    ...props,
  ]);
}

const smmu3 = (number: number, ...props: Prop[]) =>
  iommu(number, 'arm,smmu-v3', cells(1), ...props);
const smmu2 = (number: number, ...props: Prop[]) =>
  iommu(number, 'arm,smmu-v2', cells(2), ...interrupts(), ...props);

function client(number: number, iommus: readonly number[], ...props: Prop[]): Node {
  const address = 0x1000_0000 + 0x1000 * number;
  return node(`dma@${address.toString(16)}`, [
    compatible('vendor,dma'),
    reg64(address, 0x1000),
    prop('iommus', be32(...iommus)),
    ...props,
  ]);
}

const bridge = (number: number, map: readonly number[]): Node =>
  host(0x4000_0000 * number, [prop('iommu-map', be32(...map)), prop('bus-range', be32(0, 0))]);

const at = (number: number): string => `/iommu@${number}00000`;
const dma = (number: number): string => `/dma@1000${number}000`;
const pcie = '/pcie@40000000';

interface Case {
  readonly what: string;
  readonly tree: readonly Node[];
  readonly root?: readonly Prop[];
  readonly found: readonly Said[];
}

const clock = (number: number, ...props: Prop[]): Node =>
  node(`clock@${number}`, [
    compatible('vendor,clock'),
    reg64(0x2000_0000 + number * 0x1000, 0x1000),
    phandle(number),
    prop('#clock-cells', be32(0)),
    ...props,
  ]);

const cases: readonly Case[] = [
  {
    what: 'phandles that are read as IDs',
    tree: [iommu(1, 'arm,smmu-v2', cells(3), ...interrupts()), client(0, [1, 4, 1, 6])],
    found: [
      ['cells-driver', 'error', at(1)],
      ['iommus-cells-mismatch', 'warning', dma(0)],
    ],
  },
  {
    what: 'one cell too many for the IOMMU',
    tree: [smmu3(1), client(0, [1, 5, 99])],
    found: [
      ['iommus-cells-mismatch', 'warning', dma(0)],
      ['iommus-dangling', 'error', dma(0)],
    ],
  },
  {
    what: 'two entries of too many cells',
    tree: [smmu3(1), client(0, [1, 5, 7, 1, 6, 7])],
    found: [
      ['iommus-cells-mismatch', 'warning', dma(0)],
      ['iommus-dangling', 'error', dma(0)],
    ],
  },
  {
    what: 'two cells too many, which reads like any list',
    tree: [smmu3(1), client(0, [1, 5, 99, 6])],
    found: [['iommus-dangling', 'error', dma(0)]],
  },
  {
    what: 'an ID that is by chance the phandle of an IOMMU',
    tree: [smmu3(1), smmu3(2), client(0, [1, 2]), client(1, [1, 1, 1, 3])],
    found: [],
  },
  {
    what: 'cells that the driver does not read',
    tree: [iommu(1, 'rockchip,iommu', cells(1)), client(0, [1, 5])],
    found: [['cells-driver', 'error', at(1)]],
  },
  {
    what: 'a clock that is disabled',
    tree: [smmu2(1, prop('clocks', be32(2))), clock(2, off), client(0, [1, 5, 0])],
    found: [['iommu-supplier', 'warning', at(1)]],
  },
  {
    what: 'a clock that is not there',
    tree: [smmu2(1, prop('clocks', be32(99)))],
    found: [['iommu-supplier', 'warning', at(1)]],
  },
  {
    what: 'an interrupt controller that is disabled',
    tree: [
      smmu2(1, prop('interrupt-parent', be32(2))),
      node('gic@2', [
        phandle(2),
        prop('#interrupt-cells', be32(1)),
        prop('interrupt-controller', new Uint8Array(0)),
        off,
      ]),
    ],
    found: [['iommu-supplier', 'warning', at(1)]],
  },
  {
    what: 'a power domain that never comes',
    tree: [
      smmu2(1, prop('power-domains', be32(2))),
      node('firmware', [], [node('power', [phandle(2), prop('#power-domain-cells', be32(0))])]),
    ],
    found: [['iommu-supplier', 'warning', at(1)]],
  },
  {
    what: 'a clock that is behind the IOMMU that needs it',
    tree: [smmu2(1, prop('clocks', be32(2))), clock(2, prop('iommus', be32(1, 5, 0)))],
    found: [['iommu-cycle', 'warning', at(1)]],
  },
  {
    what: 'a clock of the clock that is behind the IOMMU',
    tree: [
      smmu2(1, prop('clocks', be32(2))),
      clock(2, prop('clocks', be32(3))),
      clock(3, prop('iommus', be32(1, 5, 0))),
    ],
    found: [['iommu-cycle', 'warning', at(1)]],
  },
  {
    what: 'a clock that is behind another IOMMU',
    tree: [smmu2(1, prop('clocks', be32(3))), smmu3(2), clock(3, prop('iommus', be32(2, 5)))],
    found: [],
  },
  {
    what: 'an SMMUv3 whose reg is one page',
    tree: [smmu3(1, reg64(0x10_0000, 0x1_0000)), client(0, [1, 5])],
    found: [['smmu3-reg-size', 'error', at(1)]],
  },
  {
    what: 'an SMMUv3 that has one page',
    tree: [
      smmu3(
        1,
        reg64(0x10_0000, 0x1_0000),
        prop('cavium,cn9900-broken-page1-regspace', new Uint8Array(0)),
      ),
    ],
    found: [],
  },
  ...(
    [
      ['no names', [], 2, true],
      ['an unknown name', ['eventq', 'gerr'], 2, true],
      ['no name for errors', ['eventq', 'priq'], 2, true],
      ['more names than interrupts', ['eventq', 'gerror', 'priq'], 2, true],
      ['the names that it needs', ['eventq', 'gerror'], 2, false],
      ['all names', ['eventq', 'priq', 'cmdq-sync', 'gerror'], 4, false],
      ['one for all', ['combined'], 1, false],
    ] as const
  ).map(
    ([what, names, count, isWrong]): Case => ({
      what: `interrupts of an SMMUv3 with ${what}`,
      tree: [
        smmu3(
          1,
          prop('interrupts', be32(...Array.from({ length: count }, (_, i) => i))),
          ...(names.length === 0 ? [] : [prop('interrupt-names', text(...names))]),
        ),
      ],
      found: isWrong ? [['smmu3-irq-names', 'warning', at(1)]] : [],
    }),
  ),
  {
    what: 'a StreamID that no stream table of Linux has',
    tree: [smmu3(1), client(0, [1, 0x200_0000]), client(1, [1, 0x1ff_ffff])],
    found: [['smmu3-sid-range', 'error', dma(0)]],
  },
  {
    what: 'a map that ends outside of the stream table',
    tree: [smmu3(1), bridge(1, [0, 1, 0x1ff_ff80, 0x100])],
    found: [['smmu3-sid-range', 'error', pcie]],
  },
  {
    what: 'two requester IDs of a map with one StreamID',
    tree: [smmu3(1), bridge(1, [0, 1, 0, 0x10, 0x10, 1, 8, 0x10])],
    found: [['smmu3-dup-sid', 'error', pcie]],
  },
  {
    what: 'a StreamID that one device has twice',
    tree: [smmu3(1), client(0, [1, 5, 1, 6, 1, 5])],
    found: [['smmu3-dup-sid', 'note', dma(0)]],
  },
  {
    what: 'a map and a device with one StreamID',
    tree: [smmu3(1), bridge(1, [0, 1, 0x100, 0x100]), client(0, [1, 0x1ff]), client(1, [1, 0x200])],
    found: [['iommu-map-sid-collision', 'error', pcie]],
  },
  {
    what: 'a map and a device with one StreamID, that of a bus that may not be there',
    tree: [smmu3(1), bridge(1, [0, 1, 0, 0x10000]), client(0, [1, 0x8000])],
    found: [['iommu-map-sid-collision', 'note', pcie]],
  },
  {
    what: 'the maps of two hosts with the same StreamIDs',
    tree: [smmu3(1), bridge(1, [0, 1, 0, 0x100]), bridge(2, [0, 1, 0x80, 0x100])],
    found: [['iommu-map-sid-collision', 'error', '/pcie@80000000']],
  },
  {
    what: 'a map within that of another host, behind a third that is apart',
    tree: [smmu3(1), bridge(1, [0, 1, 0, 0x100]), bridge(2, [0, 1, 0x100, 0x10, 0x10, 1, 0x10, 1])],
    found: [['iommu-map-sid-collision', 'error', '/pcie@80000000']],
  },
  {
    what: 'a map and a device with one StreamID of an SMMUv2, by its mask',
    tree: [smmu2(1), bridge(1, [0, 1, 0x100, 0, 1]), client(0, [1, 0x500, 0x400])],
    found: [
      ['iommu-map-sid-collision', 'warning', pcie],
      ['smmu2-id-under-mask', 'note', dma(0)],
    ],
  },
  {
    what: 'maps that a boot loader fills in',
    tree: [smmu3(1), bridge(1, [0, 1, 0, 1]), bridge(2, [0, 1, 0, 1])],
    found: [],
  },
  {
    what: 'a StreamID of more than 15 bits at an SMMUv2',
    tree: [smmu2(1), client(0, [1, 0x8000, 0]), client(1, [1, 0x7fff, 0])],
    found: [['smmu2-sid-range', 'error', dma(0)]],
  },
  {
    what: 'a mask of more than 15 bits at an SMMUv2',
    tree: [smmu2(1), client(0, [1, 0, 0x8000])],
    found: [['smmu2-sid-range', 'error', dma(0)]],
  },
  {
    what: 'a map of which an SMMUv2 can match the first half',
    tree: [iommu(1, 'arm,mmu-401', cells(1), ...interrupts()), bridge(1, [0, 1, 0, 0x1_0000])],
    found: [['smmu2-sid-range', 'warning', pcie]],
  },
  {
    what: 'a set of StreamIDs that two devices have',
    tree: [smmu2(1), client(0, [1, 0x10, 0xf, 1, 0x20, 0xf]), client(1, [1, 0x10, 0xf])],
    found: [['smmu2-shared-sid', 'note', dma(0)]],
  },
  {
    what: 'a set of StreamIDs of one device in that of another before it',
    tree: [
      smmu2(1),
      client(0, [1, 0x10, 0xf, 1, 0x80, 0]),
      client(1, [1, 0x14, 3]),
      client(2, [1, 0x20, 3]),
    ],
    found: [['smmu2-shared-sid', 'note', dma(0)]],
  },
  {
    what: 'two requester IDs of a map with one StreamID of an SMMUv2',
    tree: [
      iommu(1, 'arm,mmu-500', cells(1), ...interrupts()),
      bridge(1, [0, 1, 0, 0x10, 0x10, 1, 8, 0x10]),
    ],
    found: [['smmu2-shared-sid', 'note', pcie]],
  },
  {
    what: 'a set of StreamIDs that one device has twice, written in two ways',
    tree: [smmu2(1), client(0, [1, 0x800, 0x400, 1, 0xc00, 0x400])],
    found: [
      ['smmu2-id-under-mask', 'note', dma(0)],
      ['smmu2-self-overlap', 'note', dma(0)],
    ],
  },
  {
    what: 'a set of StreamIDs of one device in another that it has before',
    tree: [smmu2(1), client(0, [1, 0x10, 0xf, 1, 0x14, 3, 1, 0x20, 3])],
    found: [['smmu2-self-overlap', 'note', dma(0)]],
  },
  {
    what: 'a wide set of StreamIDs behind a narrow one',
    tree: [smmu2(1), client(0, [1, 0x10, 0]), client(1, [1, 0x10, 0xf])],
    found: [['smmu2-smr-conflict', 'error', dma(1)]],
  },
  {
    what: 'sets of a map and of a device that overlap in part',
    tree: [smmu2(1), client(0, [1, 0x700, 0xf0]), bridge(1, [0, 1, 0x700, 0xf, 1])],
    found: [['smmu2-smr-conflict', 'error', pcie]],
  },
  {
    what: 'an SMMUv2 without #global-interrupts',
    tree: [iommu(1, 'arm,smmu-v2', cells(1), prop('interrupts', be32(1, 2)))],
    found: [['smmu2-global-irq', 'error', at(1)]],
  },
  {
    what: 'an SMMUv2 with no interrupt for contexts',
    tree: [iommu(1, 'arm,smmu-v2', cells(1), ...interrupts(0))],
    found: [['smmu2-context-irq', 'error', at(1)]],
  },
  {
    what: 'SMMUs of both bindings',
    tree: [
      iommu(1, 'arm,smmu-v2', prop('mmu-masters', be32(3, 5)), ...interrupts()),
      smmu2(2),
      node('dma@10000000', [compatible('x'), phandle(3), prop('#stream-id-cells', be32(1))]),
    ],
    found: [['smmu2-legacy', 'error', at(1)]],
  },
  {
    what: 'what is left of the binding of old',
    tree: [smmu3(1), client(0, [1, 5], prop('#stream-id-cells', be32(1)))],
    found: [['smmu2-legacy', 'note', dma(0)]],
  },
  {
    what: 'a GPU behind an SMMU of Qualcomm',
    tree: [
      iommu(1, 'qcom,sdm845-smmu-500 arm,mmu-500', cells(1), ...interrupts()),
      node('gpu@10000000', [
        compatible('qcom,adreno-gmu'),
        reg64(0x1000_0000),
        prop('iommus', be32(1, 5)),
      ]),
    ],
    found: [['qcom-identity', 'note', '/gpu@10000000']],
  },
  {
    what: 'devices that ipmmu-vmsa does not list',
    root: [compatible('vendor,board', 'renesas,r8a7795')],
    tree: [iommu(1, 'renesas,ipmmu-r8a7795', cells(1)), client(0, [1, 1]), client(1, [1, 2])],
    found: [['ipmmu-allowlist', 'warning', at(1)]],
  },
  {
    what: 'an IPMMU that nobody names',
    tree: [
      iommu(1, 'renesas,ipmmu-r8a7795', cells(1)),
      iommu(2, 'renesas,ipmmu-r8a7795', cells(1), prop('renesas,ipmmu-main', be32(1, 0))),
    ],
    found: [['ipmmu-main', 'note', at(1)]],
  },
  {
    what: 'a disabled IOMMU of one device that is enabled and one that is not',
    tree: [smmu3(1, off), client(0, [1, 5]), client(1, [1, 6], off)],
    found: [
      ['iommu-disabled', 'note', at(1)],
      ['iommu-disabled-dev', 'note', at(1)],
    ],
  },
];

test.each(cases)('$what', ({ tree, root, found }) => {
  expect(said(findingsOf(tree, root))).toEqual(found);
});

test('what a rule says of a list in one line', () => {
  const [collision] = findingsOf([
    smmu3(1),
    bridge(1, [0, 1, 0x100, 0x100]),
    client(0, [1, 0x180]),
    client(1, [1, 0x181]),
  ]).filter(isAbout);
  expect(collision).toMatchObject({
    devices: [dma(0), dma(1)],
    message: expect.stringContaining(`${dma(0)}, ${dma(1)} at ${at(1)}, 0x180 first`),
  });
});

test.each([
  ['v6.7', 'no IOMMU for who has it'],
  ['v7.3', 'the SMMU does not register, and nobody behind it has an IOMMU'],
])('in %s a StreamID that is refused costs: %s', (kernel, lost) => {
  const [found] = findingsOf([smmu3(1), client(0, [1, 0x200_0000])], [], kernel);
  expect(found?.message.endsWith(lost)).toBe(true);
});

test('of a host whose functions are shown their own StreamIDs count, and not all of its map', () => {
  const tree = [smmu3(1), bridge(1, [0, 1, 0, 0x10000]), client(0, [1, 0x8])];
  const rulesFor = (functions: Parameters<typeof machineOf>[1]): string[] =>
    inspect(machineOf(tree, functions), designOf('v6.12'), defaultKconfig)
      .findings.map(({ rule }) => rule)
      .filter((rule) => /sid/.test(rule));
  const space = new Uint8Array(256);
  space.set([0xf4, 0x1a, 0x00, 0x10]);
  expect(rulesFor({})).toEqual(['iommu-map-sid-collision']);
  expect(rulesFor({ '0000:00:02.0': space })).toEqual([]);
  expect(rulesFor({ '0000:00:01.0': space })).toEqual(['iommu-map-sid-collision']);
});
