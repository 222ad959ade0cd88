// Machines whose IOMMUs are of one driver each, with as many clients as one likes, and those that wait for one.

import { be32, cells, type Node, node, type Prop, prop } from '../firmware/fdt-builder.ts';
import { compatible, interrupts, phandle, reg64 } from '../machine/trees.ts';
import { belowPorts } from './buses.ts';
import { type Growing, hex, type Input, times } from './growing.ts';
import { client, hosts, tree } from './trees.ts';

/** An IOMMU by its number, from 0, with so many cells in a specifier; its phandle is one more. */
function iommu(i: number, kind: string, count: number, more: readonly Prop[] = []): Node {
  const at = 0x1000_0000 + i * 0x2_0000;
  return node(`iommu@${hex(at)}`, [
    compatible(kind),
    reg64(at, 0x1_0000),
    prop('#iommu-cells', be32(count)),
    phandle(i + 1),
    ...more,
  ]);
}

const board = (...nodes: readonly Node[]): Uint8Array =>
  tree(nodes, [prop('#interrupt-cells', be32(1))]);

/** Each IOMMU has so many clients, which have these cells behind its phandle. */
const shared = (
  n: number,
  each: number,
  of: (k: number) => Node,
  ids: (i: number) => readonly number[],
): Uint8Array =>
  board(
    ...times(Math.ceil(n / each), of),
    ...times(n, (i) => client(i, 1 + Math.floor(i / each), ...ids(i))),
  );

const withPorts = (n: number, more: readonly Node[]): Input => ({
  dtb: board(...hosts(Math.ceil(n / 279)), ...more),
  pci: belowPorts(n),
  shown: 256,
});

/**
 * An SMMUv2 cannot register, as the IDs of its last client overlap those of the first in part: its clients
 * wait, while as many functions of PCI bind.
 */
export const waiting = (n: number): Input =>
  withPorts(n, [
    iommu(1, 'arm,mmu-500', 2, interrupts(4)),
    ...times(n, (i) => client(i, 2, i * 2, 1)),
    client(n, 2, 0, 2),
  ]);

/** So many devices, each behind a DART with seven others. */
const darts = (n: number): Uint8Array =>
  shared(
    n,
    8,
    (k) => iommu(k, 'apple,t8103-dart', 1, interrupts()),
    (i) => [i % 8],
  );

const larbs = 16;

export const drivers: readonly Growing[] = [
  { name: 'clients that wait while others bind', start: 300, make: waiting },
  {
    name: 'SMMUv2s, each with 100 clients',
    start: 500,
    make: (n) => ({
      dtb: shared(
        n,
        100,
        (k) => iommu(k, 'arm,mmu-500', 1, interrupts(4)),
        (i) => [i % 100],
      ),
    }),
  },
  {
    name: 'an SMMUv2 with clients that share IDs',
    start: 500,
    make: (n) => ({
      dtb: board(
        iommu(0, 'arm,mmu-500', 1, interrupts(4)),
        ...times(n, (i) => client(i, 1, i % 100)),
      ),
    }),
  },
  { name: 'DARTs, each with 8 clients', start: 400, make: (n) => ({ dtb: darts(n) }) },
  {
    // Each that registers has Linux try all who wait: of many more that is a square, there as here.
    name: 'DARTs whose driver is a module',
    start: 100,
    most: 800,
    make: (n) => ({ dtb: darts(n) }),
    ask: (path) => ['inspect', path, '--json', '--kconfig', 'APPLE_DART=m'],
  },
  {
    name: 'IOMMUs of Rockchip',
    start: 200,
    make: (n) => ({
      dtb: shared(
        n,
        1,
        (k) => iommu(k, 'rockchip,rk3568-iommu', 0, interrupts()),
        () => [],
      ),
    }),
  },
  {
    name: 'IOMMUs of Spreadtrum',
    start: 200,
    make: (n) => ({
      dtb: shared(
        n,
        1,
        (k) => iommu(k, 'sprd,iommu-v1', 0),
        () => [],
      ),
    }),
  },
  {
    name: 'SYSMMUs of Exynos, four to a client',
    start: 400,
    make: (n) => ({
      dtb: board(
        ...times(n, (k) => iommu(k, 'samsung,exynos-sysmmu', 0, interrupts())),
        ...times(n / 4, (i) => client(i, ...times(4, (k) => 1 + 4 * i + k))),
      ),
    }),
  },
  {
    name: 'clients of MediaTek, by several arbiters',
    start: 500,
    make: (n) => ({
      dtb: board(
        iommu(0, 'mediatek,mt8173-m4u', 1, [
          ...interrupts(),
          prop('mediatek,larbs', cells(times(larbs, (k) => 5_000 + k))),
        ]),
        ...times(larbs, (k) =>
          node(`larb@${hex(0x1400_0000 + k * 0x1000)}`, [
            compatible('mediatek,mt8173-smi-larb'),
            reg64(0x1400_0000 + k * 0x1000),
            phandle(5_000 + k),
            prop('mediatek,larb-id', be32(k)),
          ]),
        ),
        ...times(n, (i) => client(i, 1, ((i % larbs) << 5) | (Math.floor(i / larbs) % 32))),
      ),
    }),
  },
  {
    name: 'explain: functions that are called the same',
    start: 500,
    make: (n) => withPorts(n, []),
    ask: (path) => ['explain', path, '1b36:000c'],
  },
  {
    name: 'explain: the same, with all that the boot did',
    start: 100,
    make: (n) => withPorts(n, []),
    ask: (path) => ['explain', path, '0000:01:00.0', '--full'],
  },
  {
    name: 'check: clients that wait while others bind',
    start: 200,
    make: waiting,
    ask: (path) => ['check', path, '--max-executions', '1', '--jobs', '1'],
  },
];
