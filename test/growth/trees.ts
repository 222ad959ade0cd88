// Devicetrees that can be made as large as one likes.
import {
  be32,
  blob,
  cells,
  type Node,
  node,
  type Prop,
  prop,
  text,
} from '../firmware/fdt-builder.ts';
import { compatible, host, phandle, reg64 } from '../machine/trees.ts';
import { onOneBus } from './buses.ts';
import { type Growing, hex, times } from './growing.ts';

export function tree(children: readonly Node[], rootProps: readonly Prop[] = []): Uint8Array {
  const props = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), ...rootProps];
  return blob(node('', props, children));
}

export const smmu = (i: number): Node =>
  node(`smmu@${hex(0x1000_0000 + i * 0x2_0000)}`, [
    compatible('arm,smmu-v3'),
    reg64(0x1000_0000 + i * 0x2_0000, 0x2_0000),
    prop('#iommu-cells', be32(1)),
    phandle(i + 1),
  ]);

export const client = (i: number, ...iommus: readonly number[]): Node => clientOf(i, iommus);

const clientOf = (i: number, iommus: readonly number[]): Node =>
  node(`dma@${hex(0x8000_0000 + i * 0x1000)}`, [
    compatible('arm,pl330', 'arm,primecell'),
    reg64(0x8000_0000 + i * 0x1000),
    prop('iommus', cells(iommus)),
  ]);

/** Host bridges, each a segment of its own, behind one SMMU. */
export const hosts = (segments: number): Node[] => [
  smmu(0),
  ...times(segments, (i) =>
    host(0x40_0000_0000 + i * 0x1000_0000, [
      prop('linux,pci-domain', be32(i)),
      prop('bus-range', be32(0, 255)),
      prop('iommu-map', be32(0, 1, i * 0x1_0000, 0x1_0000)),
    ]),
  ),
];

/** A list of clocks has nothing but phandles then. */
const noCells = prop('#clock-cells', be32(0));

/** What no driver is for. */
const nobody = node('nobody@0', [compatible('nobody,knows'), reg64(0), phandle(999_999), noCells]);

export const trees: readonly Growing[] = [
  {
    name: 'entries of iommu-map',
    start: 1_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        host(0x40_0000_0000, [prop('iommu-map', cells(times(n, (i) => [i, 1, i * 2, 1]).flat()))]),
      ]),
      pci: onOneBus(256),
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
    make: (n) => ({ dtb: tree([smmu(0), clientOf(0, times(n, (i) => [1, i]).flat())]) }),
  },
  {
    name: 'SMMUs, each with a client',
    start: 100,
    make: (n) => ({ dtb: tree([...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))]) }),
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
    start: 14,
    most: 56,
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
          node(`clock@${hex(i)}`, [
            compatible('nobody,knows'),
            reg64(i),
            phandle(1_000_000 + i),
            noCells,
          ]),
        ),
        ...times(n, (i) => {
          const { name, props } = client(i, 1, i);
          return node(name, [...props, prop('clocks', be32(1_000_000 + i))]);
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
              phandle(1_000_000 + i),
              prop('iommu-addresses', be32(2_000_000 + i, 0, i * 0x1000, 0, 0x1000)),
            ]),
          ),
        ),
        ...times(n, (i) => {
          const { name, props } = client(i, 1, i);
          return node(name, [
            ...props,
            phandle(2_000_000 + i),
            prop('memory-region', be32(1_000_000 + i)),
          ]);
        }),
      ]),
    }),
  },
  {
    name: 'long names of nodes',
    start: 100,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        ...times(n, (i) =>
          node(`${'n'.repeat(200)}@${hex(0x9000_0000 + i * 0x1000)}`, [
            compatible('arm,pl330', 'arm,primecell'),
            reg64(0x9000_0000 + i * 0x1000),
            prop('iommus', be32(1, i)),
          ]),
        ),
      ]),
    }),
  },
  {
    name: 'nodes of no device, in depth',
    start: 14,
    most: 56,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        times(n, (i) => i).reduceRight<Node>(
          (inner, i) => node(`n${i}`, [], [inner]),
          client(0, 1, 7),
        ),
      ]),
    }),
  },
  {
    name: 'cells of a specifier',
    start: 1_000,
    make: (n) => ({
      dtb: tree([
        node('iommu@10000000', [
          compatible('arm,smmu-v3'),
          reg64(0x1000_0000, 0x2_0000),
          prop('#iommu-cells', be32(n)),
          phandle(1),
        ]),
        clientOf(0, [1, ...times(n, (i) => i)]),
      ]),
    }),
  },
  {
    name: 'specifiers without cells',
    start: 500,
    make: (n) => ({
      dtb: tree([
        node('iommu@10000000', [
          compatible('virtio,mmio'),
          reg64(0x1000_0000, 0x2_0000),
          prop('#iommu-cells', be32(0)),
          phandle(1),
        ]),
        clientOf(
          0,
          times(n, () => 1),
        ),
      ]),
    }),
  },
  {
    name: 'iommu-map of two cells',
    start: 1_000,
    make: (n) => ({
      dtb: tree([
        node('smmu@10000000', [
          compatible('arm,mmu-500', 'arm,smmu-v2'),
          reg64(0x1000_0000, 0x2_0000),
          prop('#iommu-cells', be32(2)),
          phandle(1),
        ]),
        host(0x40_0000_0000, [
          prop('iommu-map', cells(times(n, (i) => [i, 1, i * 2, 0, 1]).flat())),
        ]),
      ]),
      pci: onOneBus(256),
    }),
  },
  {
    name: 'suppliers in a circle',
    start: 300,
    make: (n) => ({
      dtb: tree([smmu(0), ...times(n, (i) => supplied(i, [(i + 1) % n]))]),
    }),
  },
  {
    name: 'suppliers in a row',
    start: 300,
    make: (n) => ({
      dtb: tree([smmu(0), ...times(n, (i) => supplied(i, i + 1 < n ? [i + 1] : []))]),
    }),
  },
  {
    name: 'consumers of a supplier',
    start: 300,
    make: (n) => ({
      dtb: tree([smmu(0), ...times(n, (i) => supplied(i, i === n - 1 ? [] : [n - 1]))]),
    }),
  },
  {
    name: 'suppliers of a consumer',
    start: 300,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        ...times(n, (i) => supplied(i, i > 0 ? [] : times(n - 1, (k) => k + 1))),
      ]),
    }),
  },
  {
    name: 'some wait while others bind',
    start: 300,
    make: (n) => ({
      dtb: tree([smmu(0), nobody, ...times(n, (i) => supplied(i, i % 2 === 0 ? [] : [-1]))]),
    }),
  },
  {
    name: 'interrupt parents',
    start: 300,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        ...times(n, (i) => {
          const { name, props } = client(i, 1, i);
          return node(name, [
            ...props,
            phandle(1_000_000 + i),
            prop('#interrupt-cells', be32(1)),
            prop('interrupt-controller'),
            prop('interrupts-extended', be32(1_000_000 + ((i * 7 + 1) % n), 3)),
          ]);
        }),
      ]),
    }),
  },
  {
    name: 'disabled nodes',
    start: 1_000,
    make: (n) => ({
      dtb: tree(
        times(n, (i) => {
          const { name, props } = smmu(i);
          return node(name, [...props, prop('status', text('disabled'))]);
        }),
      ),
    }),
  },
  {
    name: 'IOMMUs that nobody knows',
    start: 500,
    make: (n) => ({
      dtb: tree([
        ...times(n, (i) => {
          const { name, props } = smmu(i);
          return node(name, [compatible('nobody,iommu'), ...props.slice(1)]);
        }),
        ...times(n, (i) => client(i, i + 1, 1)),
      ]),
    }),
  },
  {
    name: 'phandles that lead nowhere',
    start: 1_000,
    make: (n) => ({ dtb: tree([smmu(0), ...times(n, (i) => client(i, 0x9999, i))]) }),
  },
  {
    name: 'words of a command line',
    start: 5_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        node('chosen', [prop('bootargs', text(times(n, (i) => `a${i}.b="c d"`).join(' ')))]),
      ]),
    }),
  },
  {
    name: 'modules that are kept out',
    start: 2_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        node('chosen', [
          prop('bootargs', text(`module_blacklist=${times(n, (i) => `module_${i}`).join(',')}`)),
        ]),
        ...times(n, (i) => client(i, 1, i)),
      ]),
    }),
  },
  {
    name: 'memory reservations',
    start: 5_000,
    make: (n) => ({
      dtb: blob(node('', [prop('#address-cells', be32(2)), prop('#size-cells', be32(2))]), {
        reservations: times(n, (i) => [BigInt(i) << 12n, 0x1000n] as const),
      }),
    }),
  },
];

/** A client that needs others, by their numbers; -1 is one that never comes. */
function supplied(i: number, by: readonly number[]): Node {
  const { name, props } = client(i, 1, i);
  const clocks = by.length === 0 ? [] : [prop('clocks', cells(by.map((of) => 1_000_000 + of)))];
  return node(name, [...props, phandle(1_000_000 + i), noCells, ...clocks]);
}
