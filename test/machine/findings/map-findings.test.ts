import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { type Finding, inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';
import { compatible, host, interrupts, machineOf, phandle, reg64 } from '../trees.ts';

function iommu(number: number, cells: number | null = 1, more: readonly Prop[] = []): Node {
  const address = 0x1000 * number;
  const driver = cells === 1 ? 'arm,smmu-v3' : 'arm,smmu-v2';
  return node(`iommu@${address.toString(16)}`, [
    compatible(driver),
    reg64(address, 0x20000),
    phandle(number),
    ...(cells === 1 ? [] : interrupts()),
    ...(cells === null ? [] : [prop('#iommu-cells', be32(cells))]),
    ...more,
  ]);
}

const smmu2 = node('iommu@1000', [
  ...[compatible('arm,mmu-500'), reg64(0x1000), phandle(1)],
  ...[...interrupts(), prop('#iommu-cells', be32(1))],
]);

const disabled = prop('status', text('disabled'));

function pci(map: readonly number[], ...more: Prop[]): Node {
  return host(0x4000000, [prop('iommu-map', be32(...map)), ...more]);
}

function findingsIn(tree: readonly Node[], kernel = 'v7.3', pci = {}): readonly Finding[] {
  return inspect(machineOf(tree, pci), designOf(kernel), defaultKconfig).findings;
}

function toldOf(tree: readonly Node[], kernel?: string): string[] {
  return findingsIn(tree, kernel).map(({ rule, severity }) => `${rule} ${severity}`);
}

const mask = (value: number): Prop => prop('iommu-map-mask', be32(value));
const buses = (first: number, last: number): Prop => prop('bus-range', be32(first, last));

describe('what a map leaves out of the requester IDs that its host bridge can see', () => {
  const partial = 'iommu-map-partial note';
  test.each<[string, readonly Node[], string[]]>([
    ['nothing', [iommu(1), pci([0, 1, 0, 0x10000])], []],
    ['nothing of its buses', [iommu(1), pci([0, 1, 0, 0x200], buses(0, 1))], []],
    [
      'nothing of buses from another one on',
      [iommu(1), pci([0x2000, 1, 0, 0x100], buses(32, 32))],
      [],
    ],
    ['a bus', [iommu(1), pci([0, 1, 0, 0x100], buses(0, 1))], [partial]],
    ['the first ID', [iommu(1), pci([1, 1, 1, 0xffff])], ['iommu-map-rid0 note']],
    ['the first device', [iommu(1), pci([8, 1, 8, 0xfff8])], ['iommu-map-rid0 note']],
    ['the first device and one more', [iommu(1), pci([9, 1, 9, 0xfff7])], [partial]],
    ['the last ID', [iommu(1), pci([0, 1, 0, 0xffff])], [partial]],
    ['IDs between entries', [iommu(1), pci([0, 1, 0, 0x10, 0x11, 1, 0x11, 0xffef])], [partial]],
    ['the root bus', [iommu(1), pci([0x100, 1, 0x100, 0xff00])], ['iommu-map-rid0 note']],
    [
      'the root bus and more',
      [iommu(1), pci([0x100, 1, 0x100, 1])],
      ['iommu-map-rid0 note', partial],
    ],
    [
      'all but what a boot loader finds',
      [iommu(1), pci([0, 1, 0, 1])],
      ['iommu-map-placeholder note'],
    ],
    ['nothing, by its mask', [iommu(1), pci([0, 1, 0, 1], mask(0))], ['smmu3-dup-sid warning']],
    [
      'nothing, by a mask of device numbers',
      [iommu(1), pci([0, 1, 0, 0x100], mask(0xf8))],
      ['smmu3-dup-sid warning'],
    ],
    ['all, with room for entries', [iommu(1), pci([0, 1, 0, 0])], ['iommu-map-zero-length note']],
  ])('%s', (_what, tree, told) => {
    expect(toldOf(tree)).toEqual(told);
  });

  test('is nobody’s matter where a dump shows which functions there are', () => {
    const config = new Uint8Array(256);
    config.set([0xf4, 0x1a, 0x00, 0x10]);
    const tree = [iommu(1), pci([0, 1, 0, 0x100])];
    expect(findingsIn(tree, 'v7.3', { '0000:00:01.0': config })).toEqual([]);
  });

  test('is one finding for host bridges that leave out the same', () => {
    const map = prop('iommu-map', be32(0, 1, 0, 0x100));
    const apart = prop('iommu-map', be32(0, 2, 0, 0x100));
    const found = findingsIn([
      iommu(1),
      iommu(2),
      host(0x4000000, [map]),
      host(0x5000000, [apart]),
    ]);
    expect(found).toMatchObject([
      { rule: 'iommu-map-partial', nodes: ['/pcie@4000000', '/pcie@5000000'] },
    ]);
  });
});

describe('a virtio-iommu that is a function', () => {
  const viommu = (devfn: number, names: readonly string[]): Node =>
    node('iommu@1,0', [
      compatible(...names),
      prop('reg', be32(devfn << 8, 0, 0, 0, 0)),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]);
  const tree = (devfn: number, names = ['pci1af4,1057']): Node[] => [
    host(0x4000000, [prop('iommu-map', be32(0, 1, 0, 8, 9, 1, 9, 0xfff7))], [viommu(devfn, names)]),
  ];

  test.each([[['virtio,pci-iommu', 'pci1af4,1057']], [['pci1af4,1057']]])(
    'is left out, registers, and nothing is said: %j',
    (names) => {
      expect(toldOf(tree(8, names))).toEqual([]);
      const { iommus } = inspect(machineOf(tree(8, names)), designOf('v7.3'), defaultKconfig);
      expect(iommus.map(({ state }) => state)).toEqual(['registered']);
    },
  );

  test('is mapped to itself where its reg says another number', () => {
    expect(toldOf(tree(16))).toContain('viommu-hole error');
  });
});

describe('the mask of a map', () => {
  const rule = 'iommu-map-mask-range';
  test.each<[string, readonly number[], number, boolean]>([
    ['an entry ends where it does', [0, 1, 0, 0x100], 0xff, false],
    ['an entry goes on behind it', [0, 1, 0, 0x101], 0xff, true],
    ['it drops function numbers, which entries have', [0, 1, 0, 0x10000], 0xfff8, false],
    ['it drops bits in the middle', [0, 1, 0, 0x1000], 0xf0ff, true],
    ['an entry ends before such bits', [0x2000, 1, 0, 0x100], 0xf0ff, false],
    ['it has all bits', [0, 1, 0, 0x10000], 0xffffffff, false],
    ['it has none, and an entry has two IDs', [0, 1, 0, 2], 0, true],
  ])('%s', (_what, map, value, isTold) => {
    const rules = findingsIn([iommu(1), pci(map, mask(value))]).map((of) => of.rule);
    expect(rules.includes(rule)).toBe(isTold);
  });
});

describe('a mask that gives several requester IDs one StreamID', () => {
  const whole = [0, 1, 0, 0x10000];
  test.each<[string, readonly number[], readonly Prop[], string | null]>([
    ['drops the function', whole, [mask(0xfff8)], '0x0 and 0x1'],
    ['drops the bus', whole, [mask(0xff)], '0x0 and 0x100'],
    ['drops a bus that the host bridge has not', whole, [mask(0xff), buses(0, 0)], null],
    [
      'drops the bit in which two buses differ',
      whole,
      [mask(0xfdff), buses(1, 3)],
      '0x100 and 0x300',
    ],
    ['drops a bit that no bus has', whole, [mask(0xfbff), buses(1, 3)], null],
    ['drops nothing of a requester ID', whole, [mask(0xffff)], null],
    ['is not there', whole, [], null],
    ['has what no entry maps', [0x10000, 1, 0, 1], [mask(0x1fff8)], null],
  ])('%s', (_what, map, props, ids) => {
    for (const [smmu, told] of [
      [iommu(1), ['smmu3-dup-sid', 'warning']],
      [smmu2, ['smmu2-shared-sid', 'note']],
    ] as const) {
      const found = findingsIn([smmu, pci(map, ...props)]).filter(({ rule }) => rule === told[0]);
      expect(found.map(({ rule, severity, property }) => [rule, severity, property])).toEqual(
        ids === null ? [] : [[...told, 'iommu-map-mask']],
      );
      if (ids !== null) expect(found[0]?.message).toContain(`requester IDs ${ids} differ`);
    }
  });
});

test('a mask is not asked where the IOMMU is off', () => {
  const found = toldOf([iommu(1, 1, [disabled]), pci([0, 1, 0, 0x10000], mask(0xfff8))]);
  expect(found).toEqual(['iommu-disabled note']);
});

test('a mask is not asked where a dump shows the functions', () => {
  const pcis = { '0000:00:01.0': configSpace({ type: 9 }) };
  const found = findingsIn([iommu(1), pci([0, 1, 0, 0x10000], mask(0xfff8))], 'v7.3', pcis);
  expect(found).toEqual([]);
});

describe('a mask that is not one cell', () => {
  const whole = new Uint8Array([0, 0, 0xff, 0xff]);
  const rule = 'iommu-map-mask-length warning';
  test.each<[string, Uint8Array, string[]]>([
    ['one cell', whole, []],
    ['two cells', be32(0xffff, 0xff), [rule]],
    ['two bytes', whole.subarray(2), [rule]],
    ['nothing', new Uint8Array(), [rule]],
  ])('%s', (_what, value, told) => {
    const of = (property: string): Prop => prop(property, value);
    expect(toldOf([iommu(1), pci([0, 1, 0, 0x10000], of('iommu-map-mask'))])).toEqual(told);
    const map = [prop('#msi-cells', be32(1)), phandle(2)];
    const its = node('its@2000', [compatible('arm,gic-v3-its'), reg64(0x2000), ...map]);
    const msi = [prop('msi-map', be32(0, 2, 0, 0x10000)), of('msi-map-mask')];
    const heard = told.map((of) => of.replace('iommu', 'msi'));
    expect(toldOf([its, host(0x4000000, msi)])).toEqual(heard);
  });
});

describe('output cells, by kernel', () => {
  const legacy = 'iommu-map-2cell-legacy warning';
  const broken = 'iommu-map-2cell-broken';
  const newer = 'iommu-map-needs-new-kernel';
  test.each<[string, readonly number[], string[], string[]]>([
    ['single IDs with one cell', [0, 1, 0, 1, 0x100, 1, 1, 1], [legacy], [legacy]],
    ['a range with one cell', [0, 1, 0, 8], [`${broken} warning`], [`${broken} error`]],
    [
      'two IOMMUs with one cell',
      [0, 1, 0, 1, 8, 3, 8, 1],
      [`${broken} warning`],
      [`${broken} error`],
    ],
    ['two cells', [0, 1, 0, 0, 1], [`${newer} error`], [`${newer} note`]],
    ['one where one is wanted', [0, 2, 0, 8], [], []],
  ])('%s', (_what, map, old, young) => {
    const tree = [iommu(1, 2), iommu(2), iommu(3, 2), pci(map)];
    const told = (kernel: string): string[] =>
      toldOf(tree, kernel).filter((rule) => /cell|kernel|length|dangling/.test(rule));
    expect(told('v6.12')).toEqual(old);
    expect(told('v7.3')).toEqual(young);
  });
});

describe('msi-map', () => {
  const its = (...more: Prop[]): Node =>
    node('its@1000', [compatible('arm,gic-v3-its'), reg64(0x1000), phandle(1), ...more]);
  const one = prop('#msi-cells', be32(1));
  const withMap = (map: Uint8Array, ...more: Prop[]): Node =>
    host(0x4000000, [prop('msi-map', map), ...more]);
  test.each<[string, readonly Node[], string[]]>([
    ['can be read', [its(one), withMap(be32(0, 1, 0, 0x10000))], []],
    ['is cut', [its(one), withMap(be32(0, 1, 0))], ['msi-map-length error']],
    ['is empty', [its(one), withMap(be32())], ['msi-map-length error']],
    ['names nobody', [its(one), withMap(be32(0, 9, 0, 1))], ['msi-map-dangling error']],
    [
      'has an ID outside its mask',
      [its(one), withMap(be32(0x100, 1, 0, 1), prop('msi-map-mask', be32(0xff)))],
      ['msi-map-base-outside-mask error'],
    ],
    [
      'names somebody without cells, once',
      [its(), withMap(be32(0, 1, 0, 8, 8, 1, 8, 8))],
      ['msi-no-cells note'],
    ],
    [
      'names somebody who has no such property by its binding',
      [
        node('v2m@1000', [compatible('arm,gic-v2m-frame'), reg64(0x1000), phandle(1)]),
        withMap(be32(0, 1, 0, 8)),
      ],
      [],
    ],
    ['names somebody disabled without cells', [its(disabled), withMap(be32(0, 1, 0, 8))], []],
  ])('%s', (_what, tree, told) => {
    expect(toldOf(tree)).toEqual(told);
  });
});

describe('a host bridge without iommu-map', () => {
  const iommus = prop('iommus', be32(1, 5));
  const wifi = node('wifi@0,0', [prop('reg', be32(0, 0, 0, 0, 0)), iommus]);
  test.each<[string, readonly Node[], string[]]>([
    ['where there is no IOMMU', [host(0x4000000)], []],
    ['where IOMMUs are disabled', [iommu(1, 1, [disabled]), host(0x4000000)], []],
    ['where there is an IOMMU', [iommu(1), host(0x4000000)], ['pci-no-map note']],
    ['but iommus', [iommu(1), host(0x4000000, [iommus])], ['pcie-iommus-without-map warning']],
    [
      'but iommus of a function',
      [iommu(1), host(0x4000000, [], [wifi])],
      ['pcie-iommus-without-map warning'],
    ],
    ['that is disabled', [iommu(1), host(0x4000000, [iommus, disabled])], []],
  ])('%s', (_what, tree, told) => {
    expect(toldOf(tree)).toEqual(told);
  });
});

describe('iommu-map of what is no host bridge', () => {
  const map = prop('iommu-map', be32(0, 1, 0, 8));
  const of = (name: string, ...more: Prop[]): Node =>
    node('dma@9000000', [compatible(name), reg64(0x9000000), map, ...more]);
  const port = node('pcie@1,0', [
    prop('reg', be32(0x800, 0, 0, 0, 0)),
    prop('device_type', text('pci')),
    map,
  ]);
  test.each<[string, readonly Node[], string[]]>([
    ['of a device', [iommu(1), of('arm,pl330')], ['iommu-map-ignored note']],
    ['of a management complex', [iommu(1), of('fsl,qoriq-mc')], []],
    ['of a bus that is modelled nowhere', [iommu(1), of('xlnx,versal-net-cdx')], []],
    ['of a disabled device', [iommu(1), of('arm,pl330', disabled)], []],
    [
      'of a root port',
      [iommu(1), host(0x4000000, [prop('iommu-map', be32(0, 1, 0, 0x10000))], [port])],
      ['iommu-map-ignored note'],
    ],
  ])('%s', (_what, tree, told) => {
    expect(toldOf(tree)).toEqual(told);
  });
});
