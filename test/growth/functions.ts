// PCI functions, as many as one likes.

import { cells, prop } from '../firmware/fdt-builder.ts';
import { configSpace } from '../machine/pci/config-space.ts';
import { host } from '../machine/trees.ts';
import { belowPorts, chain, onOneBus } from './buses.ts';
import { type Growing, hex, latin1, lspci, times } from './growing.ts';
import { hosts, smmu, tree } from './trees.ts';

export const functions: readonly Growing[] = [
  {
    name: 'entries that nothing matches',
    start: 1_000,
    most: 20_000,
    make: (n) => ({
      dtb: tree([
        smmu(0),
        host(0x40_0000_0000, [
          prop('iommu-map', cells(times(n, (i) => [0x8000 + i, 1, i * 2, 1]).flat())),
        ]),
      ]),
      pci: onOneBus(1024),
    }),
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
    name: 'functions with all their bytes',
    start: 20,
    make: (n) => ({ dtb: tree(hosts(1)), pci: onOneBus(n), shown: 4096 }),
  },
  {
    name: 'functions without firmware',
    start: 500,
    make: (n) => ({ files: { 'lspci.txt': latin1(lspci(onOneBus(n), 64)) } }),
  },
  {
    name: 'virtual functions',
    start: 1_000,
    // As text, each function has 13 kB.
    most: 1_000,
    make: (n) => ({
      dtb: tree(hosts(Math.ceil(n / 1_000))),
      pci: new Map(
        times(Math.ceil(n / 1_000), (segment) => [
          [`${hex(segment, 4)}:00:01.0`, configSpace({ type: 0, vfs: [1_000, 8, 1] })] as const,
          ...times(Math.min(1_000, n - segment * 1_000), (i) => {
            const id = 16 + i;
            const at = `${hex(id >> 8, 2)}:${hex((id >> 3) & 31, 2)}.${id & 7}`;
            return [`${hex(segment, 4)}:${at}`, configSpace({ type: 0 })] as const;
          }),
        ]).flat(),
      ),
      shown: 4096,
    }),
  },
  {
    name: 'groups: functions',
    start: 500,
    make: (n) => ({ dtb: tree(hosts(Math.ceil(n / 279))), pci: belowPorts(n), shown: 256 }),
    ask: (path) => ['groups', path],
  },
  {
    name: 'groups: of one function',
    start: 500,
    make: (n) => ({ dtb: tree(hosts(Math.ceil(n / 279))), pci: belowPorts(n), shown: 256 }),
    ask: (path) => ['groups', path, '0000:01:00.0'],
  },
  {
    name: 'explain: one of many',
    start: 500,
    make: (n) => ({ dtb: tree(hosts(Math.ceil(n / 279))), pci: belowPorts(n), shown: 256 }),
    ask: (path) => ['explain', path, '0000:01:00.0'],
  },
];
