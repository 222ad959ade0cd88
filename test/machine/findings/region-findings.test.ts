import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../trees.ts';

function toldOf(...tree: readonly Node[]): string[] {
  const { findings } = inspect(machineOf(tree), designOf('v7.3'), defaultKconfig);
  return findings.map(({ rule, severity }) => `${rule} ${severity}`);
}

const smmu = node('iommu@1000', [
  compatible('arm,smmu-v3'),
  reg64(0x1000, 0x20000),
  phandle(1),
  prop('#iommu-cells', be32(1)),
]);

function client(number: number, ...more: readonly Prop[]): Node {
  const address = 0x9000000 + 0x1000 * number;
  const iommus = prop('iommus', be32(1, number));
  return node(`dma@${address.toString(16)}`, [
    compatible('x'),
    reg64(address),
    phandle(number),
    iommus,
    ...more,
  ]);
}

const cells = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2))];

/** Phandle 9. */
function region(...props: readonly Prop[]): Node {
  const inside = node('fb@80000000', [phandle(9), ...props]);
  return node('reserved-memory', [...cells, prop('ranges', be32())], [inside]);
}

const memory = reg64(0x80000000, 0x800000);
const leads = prop('memory-region', be32(9));

function addresses(...words: readonly number[]): Prop {
  return prop('iommu-addresses', be32(...words));
}

describe('where a device sees reserved memory', () => {
  const asItIs = [0, 0x80000000, 0, 0x800000];
  test.each<[string, readonly Prop[], string[]]>([
    ['where it is', [memory, addresses(5, ...asItIs)], []],
    [
      'elsewhere',
      [memory, addresses(5, 0, 0x90000000, 0, 0x800000)],
      ['resv-not-identity warning'],
    ],
    ['in part', [memory, addresses(5, 0, 0x80000000, 0, 0x1000)], ['resv-not-identity warning']],
    ['nowhere, since there is none', [addresses(5, 0, 0x90000000, 0, 0x800000)], []],
    ['at two places', [addresses(5, 0, 0, 0, 0x1000, 5, 1, 0, 1, 0)], []],
    ['without a size', [memory, addresses(5, 0, 0x80000000, 0, 0)], ['resv-zero warning']],
    ['but another one has it', [memory, addresses(6, ...asItIs)], ['resv-wrong-dev warning']],
    ['but nobody is named', [memory, addresses(77, ...asItIs)], ['resv-wrong-dev warning']],
    ['but the size is missing', [memory, addresses(5, 0, 0x80000000)], ['resv-length error']],
    ['but there is more', [memory, addresses(5, ...asItIs, 5)], ['resv-length error']],
    ['but all is missing', [memory, addresses(5)], ['resv-length error']],
  ])('%s', (_what, props, told) => {
    expect(toldOf(smmu, client(5, leads), client(6), region(...props))).toEqual(told);
  });

  test('in the cells of its own bus', () => {
    const bus = node(
      'bus@9000000',
      [
        compatible('simple-bus'),
        prop('#address-cells', be32(1)),
        prop('#size-cells', be32(1)),
        prop('ranges', be32(0, 0, 0x9000000, 0x10000)),
      ],
      [
        node('dma@5000', [
          compatible('x'),
          prop('reg', be32(0x5000, 0x1000)),
          phandle(5),
          leads,
          prop('iommus', be32(1, 5)),
        ]),
      ],
    );
    const of = (...words: number[]): Node => region(memory, addresses(5, ...words));
    expect(toldOf(smmu, bus, of(0x80000000, 0x800000))).toEqual([]);
    expect(toldOf(smmu, bus, of(0x90000000, 0x800000))).toEqual(['resv-not-identity warning']);
  });

  test('where two have the region, each is known by its entry', () => {
    const both = addresses(5, ...asItIs, 6, ...asItIs);
    expect(toldOf(smmu, client(5, leads), client(6, leads), region(memory, both))).toEqual([]);
  });

  test('of a device that is disabled nothing is said', () => {
    const off = prop('status', text('disabled'));
    expect(toldOf(smmu, client(5, off), region(memory, addresses(5, ...asItIs)))).toEqual([]);
  });
});

describe('dma-ranges', () => {
  const bus = (...words: readonly number[]): Node =>
    node('soc@0', [
      compatible('simple-bus'),
      ...cells,
      prop('ranges', be32()),
      prop('dma-ranges', be32(...words)),
    ]);
  test.each<[string, readonly number[], string[]]>([
    ['changes nothing', [], []],
    ['is one range', [0, 0, 0, 0x80000000, 0, 0x40000000], []],
    ['is a range of more than 32 bits', [0, 0, 0, 0, 1, 0], []],
    ['is cut', [0, 0, 0, 0x80000000], ['dma-ranges warning']],
    ['has no size', [0, 0, 0, 0x80000000, 0, 0], ['dma-ranges warning']],
    ['is cut behind a range', [0, 0, 0, 0, 1, 0, 7], ['dma-ranges warning']],
  ])('%s', (_what, words, told) => {
    expect(toldOf(bus(...words))).toEqual(told);
  });

  test('in the cells of the bus above where it has no cells of its own', () => {
    const props = [compatible('simple-bus'), prop('dma-ranges', be32(0, 0, 0, 0, 1, 0))];
    expect(toldOf(node('soc@0', props))).toEqual([]);
  });
});

describe('a restricted pool', () => {
  const pool = region(compatible('restricted-dma-pool'), memory);
  test('is not used behind an IOMMU', () => {
    expect(toldOf(smmu, client(5, leads), pool)).toEqual(['restricted-pool note']);
  });

  test('is used without one', () => {
    const free = node('dma@9005000', [compatible('x'), reg64(0x9005000), leads]);
    expect(toldOf(smmu, free, pool)).toEqual([]);
  });

  test('is another thing than memory that is set aside', () => {
    expect(toldOf(smmu, client(5, leads), region(memory))).toEqual([]);
  });
});
