// Inputs that can be made as large as one likes, one for each way in which they can be large.
import {
  be32,
  blob,
  type Node,
  node,
  type Prop,
  prop,
  text,
} from '../../test/firmware/fdt-builder.ts';
import { configSpace } from '../../test/machine/config-space.ts';
import { compatible, host, phandle, reg64 } from '../../test/machine/trees.ts';

/** What is grown, and how large it is to begin with. */
export interface Growing {
  readonly name: string;
  readonly start: number;
  readonly make: (n: number) => Input;
}

/** A devicetree, the functions beside it, and what was said while it booted. */
export interface Input {
  readonly dtb: Uint8Array;
  readonly pci?: ReadonlyMap<string, Uint8Array>;
  readonly log?: string;
}

const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));
const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0');

function tree(children: readonly Node[], rootProps: readonly Prop[] = []): Uint8Array {
  const props = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), ...rootProps];
  return blob(node('', props, children));
}

const smmu = (i: number): Node =>
  node(`smmu@${hex(0x1000_0000 + i * 0x2_0000)}`, [
    compatible('arm,smmu-v3'),
    reg64(0x1000_0000 + i * 0x2_0000, 0x2_0000),
    prop('#iommu-cells', be32(1)),
    phandle(i + 1),
  ]);

const client = (i: number, ...iommus: readonly number[]): Node =>
  node(`dma@${hex(0x8000_0000 + i * 0x1000)}`, [
    compatible('arm,pl330', 'arm,primecell'),
    reg64(0x8000_0000 + i * 0x1000),
    prop('iommus', be32(...iommus)),
  ]);

/** Functions of a bus, in slots of one function. */
function onOneBus(n: number): Map<string, Uint8Array> {
  return new Map(
    times(n, (i) => [
      `${hex(i >> 16, 4)}:${hex((i >> 8) & 0xff, 2)}:${hex((i >> 3) & 0x1f, 2)}.${i & 7}`,
      configSpace({ type: 0, ids: [0x8086, 0x10d3], multifunction: true }),
    ]),
  );
}

/** Root ports, each with a bus of 8 functions below it, 31 ports to a segment. */
function belowPorts(n: number): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (let i = 0; found.size < n; i++) {
    const segment = hex(Math.floor(i / 31), 4);
    const bus = (i % 31) + 1;
    found.set(
      `${segment}:00:${hex(bus, 2)}.0`,
      configSpace({ type: 4, secondary: bus, acs: [0x1d, 0] }),
    );
    for (let f = 0; f < 8; f++)
      found.set(`${segment}:${hex(bus, 2)}:00.${f}`, configSpace({ type: 0, multifunction: true }));
  }
  return found;
}

/** Bridges below one another. */
function chain(n: number): Map<string, Uint8Array> {
  return new Map(
    times(n, (i) => [
      `${hex(Math.floor(i / 250), 4)}:${hex(i % 250, 2)}:00.0`,
      configSpace({
        type: i % 250 === 0 ? 4 : i % 2 === 1 ? 5 : 6,
        primary: i % 250,
        secondary: (i % 250) + 1,
        subordinate: 250,
      }),
    ]),
  );
}

const hosts = (segments: number, smmus = 1): Node[] => [
  ...times(smmus, smmu),
  ...times(segments, (i) =>
    host(0x40_0000_0000 + i * 0x1000_0000, [
      prop('linux,pci-domain', be32(i)),
      prop('bus-range', be32(0, 255)),
      prop('iommu-map', be32(0, 1, i * 0x1_0000, 0x1_0000)),
    ]),
  ),
];

export const growing: readonly Growing[] = [
  {
    name: 'entries of iommu-map',
    start: 1_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        host(0x40_0000_0000, [
          prop('iommu-map', be32(...times(n, (i) => [i, 1, i * 2, 1]).flat())),
        ]),
      ]),
      pci: onOneBus(256),
    }),
  },
  {
    name: 'entries that nothing matches',
    start: 1_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        host(0x40_0000_0000, [
          prop('iommu-map', be32(...times(n, (i) => [0x8000 + i, 1, i * 2, 1]).flat())),
        ]),
      ]),
      pci: onOneBus(1024),
    }),
  },
  {
    name: 'clients of one SMMU',
    start: 500,
    make: (n) => ({ dtb: tree([smmu(0), ...times(n, (i) => client(i, 1, i))]) }),
  },
  {
    name: 'IDs of one client',
    start: 500,
    make: (n) => ({ dtb: tree([smmu(0), client(0, ...times(n, (i) => [1, i]).flat())]) }),
  },
  {
    name: 'SMMUs, each with a client',
    start: 100,
    make: (n) => ({ dtb: tree([...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))]) }),
  },
  {
    name: 'functions on root buses',
    start: 1_000,
    make: (n) => ({ dtb: tree(hosts(1)), pci: new Map([...onOneBus(n)].slice(0, 65_536)) }),
  },
  {
    name: 'functions below root ports',
    start: 1_000,
    make: (n) => ({ dtb: tree(hosts(Math.ceil(n / 279))), pci: belowPorts(n) }),
  },
  {
    name: 'bridges below one another',
    start: 250,
    make: (n) => ({ dtb: tree(hosts(Math.ceil(n / 250))), pci: chain(n) }),
  },
  {
    name: 'host bridges',
    start: 100,
    make: (n) => ({
      dtb: tree(hosts(n)),
      pci: new Map(times(n, (i) => [`${hex(i, 4)}:00:01.0`, configSpace({ type: 0 })])),
    }),
  },
  {
    name: 'devices of no IOMMU',
    start: 1_000,
    make: (n) => ({
      dtb: tree(
        times(n, (i) =>
          node(`uart@${hex(0x1000 * i)}`, [compatible('ns16550a'), reg64(0x1000 * i)]),
        ),
      ),
    }),
  },
  {
    name: 'nodes below one another',
    start: 15,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        times(n, (i) => i).reduceRight<Node>(
          (inner, i) =>
            node(
              `bus-with-a-rather-long-name-${i}@0`,
              [
                compatible('simple-bus'),
                prop('#address-cells', be32(2)),
                prop('#size-cells', be32(2)),
                prop('ranges'),
              ],
              [inner, ...times(40, (c) => client(i * 40 + c, 1, c))],
            ),
          client(0, 1, 7),
        ),
      ]),
    }),
  },
  {
    name: 'suppliers that never come',
    start: 300,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        ...times(n, (i) =>
          node(`clock@${hex(i)}`, [compatible('nobody,knows'), reg64(i), phandle(10_000 + i)]),
        ),
        ...times(n, (i) => {
          const { name, props } = client(i, 1, i);
          return node(name, [...props, prop('clocks', be32(10_000 + i))]);
        }),
      ]),
    }),
  },
  {
    name: 'properties of a node',
    start: 2_000,
    make: (n) => ({
      dtb: tree(
        [smmu(0)],
        times(n, (i) => prop(`vendor,property-${i}`, text('x'))),
      ),
    }),
  },
  {
    name: 'aliases and symbols',
    start: 2_000,
    make: (n) => ({
      dtb: tree([
        node(
          'aliases',
          times(n, (i) => prop(`serial${i}`, text('/smmu@10000000'))),
        ),
        node(
          '__symbols__',
          times(n, (i) => prop(`label${i}`, text('/smmu@10000000'))),
        ),
        smmu(0),
      ]),
    }),
  },
  {
    name: 'reserved regions',
    start: 300,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        node(
          'reserved-memory',
          [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('ranges')],
          times(n, (i) =>
            node(`region@${hex(i)}`, [
              phandle(10_000 + i),
              prop('iommu-addresses', be32(20_000 + i, 0, i * 0x1000, 0, 0x1000)),
            ]),
          ),
        ),
        ...times(n, (i) => {
          const { name, props } = client(i, 1, i);
          return node(name, [
            ...props,
            phandle(20_000 + i),
            prop('memory-region', be32(10_000 + i)),
          ]);
        }),
      ]),
    }),
  },
  {
    name: 'spaces in a line of a log',
    start: 20_000,
    make: (n) => ({
      dtb: tree([smmu(0)]),
      log: `[    1.0] arm-smmu-v3 10000000.smmu: ${' '.repeat(n)}x`,
    }),
  },
  {
    name: 'lines of a log',
    start: 5_000,
    make: (n) => ({
      dtb: tree([smmu(0)]),
      log: times(
        n,
        (i) => `[    1.${i}] arm-smmu 10000000.smmu: stream matching with ${i} register groups`,
      ).join('\n'),
    }),
  },
];
