// Clients of a MediaTek IOMMU share a group where they share a range of I/O addresses.
import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../trees.ts';

/** An arbiter and its ports, as a specifier has them. */
type Client = readonly [larb: number, ...ports: number[]];

const iommu = (at: number, part: string) =>
  node(`iommu@${at.toString(16)}`, [
    compatible(`mediatek,${part}`),
    reg64(at),
    phandle(at),
    prop('#iommu-cells', be32(1)),
  ]);
const client = ([larb, ...ports]: Client, of: number, at: number) =>
  node(`client@${at.toString(16)}`, [
    compatible('test,client'),
    reg64(at),
    prop('iommus', be32(...ports.flatMap((port) => [of, (larb << 5) | port]))),
  ]);

/** Which clients of a part share groups, by their place; those without a group are left out. */
function shared(
  kernel: string,
  parts: readonly string[],
  clients: readonly Client[],
  bus: readonly Prop[] = [],
): number[][] {
  const cells = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('ranges')];
  const iommus = parts.map((part, i) => iommu(0x1000 * (i + 1), part));
  const behind = clients.map((one, i) =>
    client(one, 0x1000 * ((i % parts.length) + 1), 0x10_0000 + i * 0x1000),
  );
  const machine = machineOf([
    node('soc', [compatible('simple-bus'), ...cells, ...bus], [...iommus, ...behind]),
  ]);
  const { devices } = inspect(machine, designOf(kernel), defaultKconfig);
  const groups = new Map<number, number[]>();
  const found = devices.filter(({ name }) => name.endsWith('.client'));
  for (const [i, { group }] of found.entries())
    if (group !== null) groups.set(group, [...(groups.get(group) ?? []), i]);
  return [...groups.values()].sort(([a = 0], [b = 0]) => a - b);
}

describe.each(['v6.7-rc1', 'v6.12', 'v7.3'])('by arbiter and port, in %s', (kernel) => {
  test.each<[what: string, parts: string[], clients: Client[], groups: number[][]]>([
    [
      'MT8173 has one region',
      ['mt8173-m4u'],
      [
        [0, 0],
        [4, 1],
        [19, 3],
      ],
      [[0, 1, 2]],
    ],
    [
      'MT8186',
      ['mt8186-iommu-mm'],
      [
        [0, 1],
        [2, 0],
        [7, 0],
        [8, 0],
        [13, 1],
        [13, 9, 10],
        [14, 3],
      ],
      [[0, 1], [2], [3, 4], [5], [6]],
    ],
    [
      'MT8192',
      ['mt8192-m4u'],
      [
        [1, 0],
        [2, 0],
        [7, 0],
        [13, 0],
        [13, 9],
        [14, 5],
        [14, 0],
      ],
      [[0], [1, 3, 6], [2], [4], [5]],
    ],
    [
      'MT8195, whose two IOMMUs share tables',
      ['mt8195-iommu-vdo', 'mt8195-iommu-vpp'],
      [
        [0, 2],
        [3, 0],
        [19, 0],
        [24, 1],
        [5, 0],
        [28, 0],
        [18, 1],
        [18, 2],
      ],
      [[0, 1], [2, 3], [4, 5], [6], [7]],
    ],
    [
      'MT8188',
      ['mt8188-iommu-vdo', 'mt8188-iommu-vpp'],
      [
        [3, 2],
        [0, 0],
        [21, 0],
        [23, 1],
        [20, 0],
        [25, 0],
        [24, 1],
        [24, 2],
      ],
      [[0, 1], [2, 3], [4, 5], [6], [7]],
    ],
  ])('%s', (_what, parts, clients, groups) => {
    expect(shared(kernel, parts, clients)).toEqual(groups);
  });

  test('ports of two regions are ports of none, and the IOMMU does not register', () => {
    expect(shared(kernel, ['mt8192-m4u'], [[13, 8, 9]])).toEqual([]);
  });
});

describe('by what the bus reaches, in v6.1', () => {
  const reach = (high: number, size: number) => [prop('dma-ranges', be32(high, 0, 0, 0, size, 0))];
  const clients: Client[] = [
    [0, 0],
    [19, 0],
  ];

  test.each<[what: string, Prop[], number[][]]>([
    ['without dma-ranges', [], [[0, 1]]],
    ['4 GiB from 0', reach(0, 1), [[0, 1]]],
    ['4 GiB from 4 GiB', reach(1, 1), [[0, 1]]],
    ['more than a region holds', reach(0, 4), []],
    ['dma-ranges that say nothing', [prop('dma-ranges')], [[0, 1]]],
  ])('%s', (_what, bus, groups) => {
    expect(shared('v6.1', ['mt8192-m4u'], clients, bus)).toEqual(groups);
  });

  test('buses with reaches of their own have regions of their own', () => {
    const bus = (name: string, high: number, of: Client, at: number) =>
      node(
        name,
        [
          compatible('simple-bus'),
          prop('#address-cells', be32(2)),
          prop('#size-cells', be32(2)),
          prop('ranges'),
          ...reach(high, 1),
        ],
        [client(of, 0x1000, at)],
      );
    const machine = machineOf([
      iommu(0x1000, 'mt8192-m4u'),
      bus('low', 0, [0, 0], 0x10_0000),
      bus('high', 1, [0, 1], 0x10_1000),
    ]);
    const groupsIn = (kernel: string) =>
      inspect(machine, designOf(kernel), defaultKconfig)
        .devices.filter(({ name }) => name.endsWith('.client'))
        .map(({ group }) => group);
    expect(new Set(groupsIn('v6.1')).size).toBe(2);
    expect(new Set(groupsIn('v6.12')).size).toBe(1);
  });
});
