// Texts and archives, as long as one likes, and what other commands make of large machines.

import { gzipSync } from 'node:zlib';
import { tar, zip } from '../input/archive-builder.ts';
import { onOneBus } from './buses.ts';
import { type Growing, hex, latin1, lspci, times } from './growing.ts';
import { acpidump, manyDevices } from './tables.ts';
import { client, hosts, smmu, tree } from './trees.ts';

const clients = (n: number): Uint8Array => tree([smmu(0), ...times(n, (i) => client(i, 1, i))]);

const nameOf = (i: number): string => `${hex(0x8000_0000 + i * 0x1000)}.dma`;

/** What a kernel decided, of so many clients. */
function expected(n: number): Uint8Array {
  return latin1(
    JSON.stringify({
      arch: 'arm64',
      kernel: '7.3.4',
      cmdline: '',
      modules_loaded: [],
      guest_uptime_at_final: '100.0',
      groups: Object.fromEntries(
        times(n, (i) => [`${i}`, { type: 'DMA', devices: [nameOf(i)] }] as const),
      ),
      iommus: {},
      deferred: [],
      waiting_for_supplier: [],
      devices: times(n, (i) => ({
        name: nameOf(i),
        bus: 'amba',
        path: `devices/platform/${nameOf(i)}`,
        driver: 'dma-pl330',
        of_node: `/dma@${hex(0x8000_0000 + i * 0x1000)}`,
        iommu_group: i,
      })),
    }),
  );
}

const stamp = (i: number): string => `[${(i / 1000).toFixed(6).padStart(12)}] `;

const verify = (path: string): readonly string[] => ['verify', path];

export const texts: readonly Growing[] = [
  {
    name: 'acpidump',
    start: 200,
    make: (n) => ({ files: { 'acpidump.txt': latin1(acpidump(manyDevices(n))) } }),
  },
  {
    name: 'kernel log: devices in groups',
    start: 500,
    make: (n) => ({
      dtb: clients(n),
      files: {
        'dmesg.txt': latin1(
          times(n, (i) => `${stamp(i)}dma-pl330 ${nameOf(i)}: Adding to iommu group ${i}\n`).join(
            '',
          ),
        ),
      },
    }),
    ask: verify,
  },
  {
    name: 'kernel log: lines of others',
    start: 5_000,
    make: (n) => ({
      dtb: clients(1),
      files: {
        'dmesg.txt': latin1(
          `${stamp(0)}dma-pl330 ${nameOf(0)}: Adding to iommu group 0\n${times(
            n,
            (i) => `${stamp(i)}arm-smmu 10000000.smmu: stream matching with ${i} register groups\n`,
          ).join('')}`,
        ),
      },
    }),
    ask: verify,
  },
  {
    name: 'kernel log: spaces',
    start: 20_000,
    make: (n) => ({
      dtb: clients(1),
      files: {
        'dmesg.txt': latin1(
          `${stamp(0)}dma-pl330 ${nameOf(0)}: Adding to iommu group 0\n${stamp(1)}arm-smmu-v3 10000000.smmu: ${' '.repeat(n)}x`,
        ),
      },
    }),
    ask: verify,
  },
  {
    name: 'a listing of groups',
    start: 500,
    make: (n) => ({
      dtb: clients(n),
      files: {
        'groups.txt': latin1(
          times(n, (i) => `/sys/kernel/iommu_groups/${i}/devices/${nameOf(i)}\n`).join(''),
        ),
      },
    }),
    ask: verify,
  },
  {
    name: 'verify: a capture',
    start: 500,
    make: (n) => ({ dtb: clients(n), files: { 'expected.json': expected(n) } }),
    ask: verify,
  },
  {
    name: 'kconfig',
    start: 5_000,
    make: (n) => ({
      dtb: clients(1),
      files: {
        'expected.json': expected(1),
        kconfig: latin1(times(n, (i) => `CONFIG_OPTION_${i}=y\n`).join('')),
      },
    }),
    ask: verify,
  },
  {
    name: 'tar: files of others',
    start: 300,
    make: (n) => ({
      files: {
        'all.tar': tar(
          { name: 'm/machine.dtb', bytes: clients(1) },
          ...times(n, (i) => ({ name: `m/other-${i}`, bytes: latin1('nothing') })),
        ),
      },
    }),
  },
  {
    name: 'tar: functions',
    start: 100,
    make: (n) => ({
      files: {
        'all.tar': tar(
          { name: 'm/machine.dtb', bytes: tree(hosts(1)) },
          ...[...onOneBus(n)].map(([name, space]) => ({
            name: `m/pci/${name}.bin`,
            bytes: space.subarray(0, 256),
          })),
        ),
      },
    }),
  },
  {
    name: 'zip: files of others',
    start: 500,
    make: (n) => ({
      files: {
        'all.zip': zip(
          { name: 'm/machine.dtb', bytes: clients(1) },
          ...times(n, (i) => ({ name: `m/other-${i}`, bytes: latin1('nothing') })),
        ),
      },
    }),
  },
  {
    name: 'gzip',
    start: 1_000,
    make: (n) => ({ files: { 'machine.dtb.gz': gzipSync(clients(n)) } }),
  },
  {
    name: 'several trees in a file',
    start: 50,
    make: (n) => ({
      files: { 'trees.img': latin1(`x${String.fromCharCode(...clients(8))}`.repeat(n)) },
    }),
    ask: (path) => ['inspect', `${path}#2`, '--json'],
  },
  {
    name: 'lspci -v',
    start: 1_000,
    make: (n) => ({
      files: {
        'lspci.txt': latin1(
          lspci(onOneBus(n), 64).replaceAll('\n00: ', '\n\tFlags: bus master, fast devsel\n00: '),
        ),
      },
    }),
  },
  {
    name: 'inspect, as text',
    start: 500,
    make: (n) => ({ dtb: clients(n) }),
    ask: (path) => ['inspect', path],
  },
  {
    name: 'explain: SMMUs, each with a client',
    start: 100,
    make: (n) => ({
      dtb: tree([...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))]),
    }),
    ask: (path) => ['explain', path, nameOf(0)],
  },
  {
    name: 'explain: clients of one SMMU',
    start: 500,
    make: (n) => ({ dtb: clients(n) }),
    ask: (path) => ['explain', path, nameOf(0)],
  },
  {
    name: 'groups: clients of one SMMU',
    start: 500,
    make: (n) => ({ dtb: clients(n) }),
    ask: (path) => ['groups', path],
  },
  {
    name: 'check: clients of one SMMU',
    start: 500,
    make: (n) => ({ dtb: clients(n) }),
    ask: (path) => ['check', path, '--max-executions', '1', '--jobs', '1'],
  },
  {
    name: 'v6.1: SMMUs, each with a client',
    start: 100,
    make: (n) => ({
      dtb: tree([...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))]),
    }),
    ask: (path) => ['inspect', path, '--json', '--kernel', 'v6.1'],
  },
  {
    name: 'v6.12: SMMUs, each with a client',
    start: 100,
    make: (n) => ({
      dtb: tree([...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))]),
    }),
    ask: (path) => ['inspect', path, '--json', '--kernel', 'v6.12'],
  },
];
