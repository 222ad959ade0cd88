// Machines with Intel's units: tables made up, over one set of PCI functions. What Linux does with
// each is read in drivers/iommu/intel/dmar.c and iommu.c; the rows that name a capture were seen.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import {
  type Inspection,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
  shapeKey,
  shapesOf,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  dmarOf as dmar,
  drhd,
  le8,
  le16,
  le64,
  dmarScope as scope,
  dmarStructure as structure,
  table,
  zeros,
} from '../../firmware/acpi-builder.ts';
import { raw } from '../../firmware/fdt-builder.ts';
import { type Config, configSpace } from '../pci/config-space.ts';

const [endpoint, bridge, ioapic, namespace] = [1, 2, 3, 5];
const base = 0xfed9_0000;

// ---- functions -----------------------------------------------------------------------------------

/** An NVMe controller, where nothing else is said. */
const config = (fn: Config): Uint8Array => configSpace({ ...nvme, ...fn });
const nvme: Config = { ids: [0x1b36, 0x0010], code: 0x010802 };

const display = 0x030000;

/** A root port with a bridge to conventional PCI behind it, a card with graphics, odds and ends. */
const functions: Readonly<Record<string, Config>> = {
  '00:00.0': { code: 0x060000 },
  '00:02.0': { type: 9, code: display, ids: [0x8086, 0x3e92] },
  '00:03.0': { type: 4, code: 0x060400, secondary: 1, subordinate: 2 },
  '00:04.0': { type: 9 },
  '00:05.0': { type: 0, code: 0x068000 }, // a bridge between machines, with the header of an endpoint
  '00:06.0': { type: 0, vfs: [1, 0x100, 1] },
  '01:00.0': { type: 7, code: 0x060400, secondary: 2 },
  '01:06.0': { ids: [0xffff, 0xffff] }, // virtual
  '02:01.0': {},
  '02:02.0': { code: display, ids: [0x1234, 0x1111] },
};

function machineWith(bytes: Uint8Array): Machine {
  const pci = Object.entries(functions).map(([name, fn]): [string, Uint8Array] => [
    `0000:${name}`,
    config(fn),
  ]);
  return machineFromAcpi(readAcpi([{ name: 'DMAR', bytes }]), new Map(pci));
}

interface Options {
  readonly kernel?: string;
  readonly cmdline?: string;
  /** Registers of `dmar0`. */
  readonly registers?: { readonly cap: bigint; readonly ecap: bigint };
}

function inspected(
  bytes: Uint8Array,
  { kernel = 'v7.3', cmdline = 'intel_iommu=on', registers }: Options = {},
): Inspection {
  const machine = machineWith(bytes);
  const hardware = new Map(registers === undefined ? [] : [['dmar0', { registers }]]);
  const config = kconfigFor(machine, { kconfig: {}, cmdline });
  return inspect({ ...machine, hardware }, designOf(kernel), config);
}

/** Which functions each unit has, without their segment. */
function behind(inspection: Inspection): Record<string, string> {
  const units: Record<string, string> = {};
  for (const { name, iommus } of inspection.devices) {
    for (const { iommu } of iommus)
      units[iommu] = `${units[iommu] ?? ''} ${name.slice(5)}`.trimStart();
  }
  return units;
}

const kernels = ['v6.1', 'v6.7-rc1', 'v6.12', 'v7.3'];
const everything = Object.keys(functions).toSorted().join(' ');
const without = (...names: readonly string[]) =>
  Object.keys(functions)
    .filter((name) => !names.includes(name))
    .toSorted()
    .join(' ');
const sorted = (units: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(units).map(([unit, names]) => [unit, names.split(' ').toSorted().join(' ')]),
  );

const rest = drhd(1, base + 0x1000);

describe.each(kernels)('%s', (kernel) => {
  test.each<[what: string, structures: readonly Uint8Array[], units: Record<string, string>]>([
    ['a unit for everything', [drhd(1, base)], { dmar0: everything }],
    [
      'an endpoint, and a unit for what is left', // wherever that stands in the table
      [rest, drhd(0, base, scope(endpoint, 0, 0, 4, 0))],
      { dmar0: without('00:04.0'), dmar1: '00:04.0' },
    ],
    [
      'a bridge has what is below it',
      [drhd(0, base, scope(bridge, 0, 0, 3, 0)), rest],
      {
        dmar0: '00:03.0 01:00.0 02:01.0 02:02.0',
        dmar1: without('00:03.0', '01:00.0', '02:01.0', '02:02.0'),
      },
    ],
    [
      'a path over two bridges', // x86-dmar-path2
      [drhd(0, base, scope(endpoint, 0, 0, 3, 0, 0, 0, 1, 0))],
      { dmar0: '02:01.0' },
    ],
    [
      'a path that leaves out the bridges', // x86-dmar-path2-bus
      [drhd(0, base, scope(endpoint, 0, 2, 1, 0))],
      { dmar0: '02:01.0' },
    ],
    [
      'a path of two steps from a bus that is no root bus',
      [drhd(0, base, scope(endpoint, 0, 1, 0, 0, 1, 0)), rest],
      { dmar1: everything },
    ],
    [
      'a path to nothing',
      [drhd(0, base, scope(endpoint, 0, 0, 9, 0)), rest],
      { dmar1: everything },
    ],
    ['a unit that names nothing', [drhd(0, base, scope(ioapic, 0, 255, 0, 0))], {}], // x86-dmar-none
    [
      'a virtual function goes with its physical one, wherever it is',
      [drhd(0, base, scope(endpoint, 0, 0, 6, 0)), rest],
      { dmar0: '00:06.0 01:06.0', dmar1: without('00:06.0', '01:06.0') },
    ],
    [
      'the header of an endpoint may be in a bridge scope if the class is of bridges',
      [drhd(0, base, scope(bridge, 0, 0, 5, 0))],
      { dmar0: '00:05.0' },
    ],
    [
      'of two units that name a function, the later has it',
      [
        drhd(0, base, scope(endpoint, 0, 0, 4, 0)),
        drhd(0, base + 0x1000, scope(endpoint, 0, 0, 4, 0)),
      ],
      { dmar1: '00:04.0' },
    ],
    [
      'a unit that is there twice counts as it is first', // as in x86-dmar-dup, but for its other fault
      [drhd(0, base, scope(endpoint, 0, 0, 4, 0)), drhd(1, base)],
      { dmar0: '00:04.0' },
    ],
    [
      'a unit of another segment', // x86-dmar-seg1
      [structure(0, le8(1, 0), le16(1), le64(base))],
      {},
    ],
  ])('%s', (_what, structures, units) => {
    expect(sorted(behind(inspected(dmar(...structures), { kernel })))).toEqual(units);
  });

  const wrong = scope(endpoint, 0, 0, 3, 0);
  test.each<[what: string, table: Uint8Array]>([
    ['registers at address 0', dmar(drhd(1, 0))], // x86-dmar-badbase0
    ['no unit', dmar()], // x86-dmar-empty
    ['a bridge that is called an endpoint', dmar(drhd(0, base, wrong), rest)], // x86-dmar-explicit
    ['an endpoint that is called a bridge', dmar(drhd(0, base, scope(bridge, 0, 0, 4, 0)), rest)],
    ['the same in reserved memory', dmar(rest, structure(1, le16(0, 0), le64(0, 0xfff), wrong))],
    [
      'the same of a port with ATS',
      dmar(rest, structure(2, le8(0, 0), le16(0), scope(bridge, 0, 0, 4, 0))),
    ],
    ['the same of a device with ATS', dmar(rest, structure(5, le8(0, 0), le16(0), wrong))],
    [
      'registers of two segments at one address',
      dmar(drhd(1, base), structure(0, le8(1, 0), le16(1), le64(base))),
    ],
    ['a host address width below a page', table('DMAR', le8(10, 1), zeros(10), rest)],
  ])('%s: none of its units is used', (_what, bytes) => {
    const inspection = inspected(bytes, { kernel });
    expect(behind(inspection)).toEqual({});
    expect(inspection.iommus.some(({ state }) => state === 'registered')).toBe(false);
  });

  test('all ports with ATS need no scope', () => {
    const all = structure(2, le8(1, 0), le16(0), scope(bridge, 0, 0, 4, 0));
    expect(sorted(behind(inspected(dmar(drhd(1, base), all), { kernel })))).toEqual({
      dmar0: everything,
    });
  });

  test.each(['iommu=off', 'intel_iommu=off', 'intel_iommu=on iommu=off'])('%s', (cmdline) => {
    expect(behind(inspected(dmar(drhd(1, base)), { kernel, cmdline }))).toEqual({});
  });
});

test('a unit knows devices by the IDs that reach it', () => {
  const { devices } = inspected(dmar(drhd(1, base)));
  const idsOf = (name: string) =>
    devices
      .find((device) => device.name === `0000:${name}`)
      ?.iommus.flatMap(({ ids }) => ids.map(({ id }) => id));
  expect(idsOf('00:04.0')).toEqual([0x0020]);
  expect(idsOf('02:01.0')).toEqual([0x0208, 0x0200]); // the bridge speaks for its bus
});

test('behind a bridge to conventional PCI there is one group', () => {
  const { groups } = inspected(dmar(drhd(1, base)));
  const shared = groups.filter(({ devices }) => devices.length > 1).map(({ devices }) => devices);
  expect(shared).toContainEqual(expect.arrayContaining(['0000:02:01.0', '0000:02:02.0']));
});

describe('graphics', () => {
  const graphics = [drhd(0, base, scope(endpoint, 0, 0, 2, 0)), rest];
  const domains = (options: Options): (string | null)[] =>
    ['00:02.0', '02:02.0', '00:04.0'].map(
      (name) =>
        inspected(dmar(...graphics), options).devices.find((of) => of.name === `0000:${name}`)
          ?.domain ?? null,
    );

  test.each<[kernel: string, cmdline: string, domains: readonly (string | null)[]]>([
    ['v7.3', 'intel_iommu=on', ['DMA-FQ', 'DMA-FQ', 'DMA-FQ']],
    // Debian's default: not those of the processor.
    ['v7.3', '', ['identity', 'DMA-FQ', 'DMA-FQ']],
    ['v6.7-rc1', '', ['identity', 'DMA-FQ', 'DMA-FQ']],
    // A unit of nothing else is not used. All others are left untranslated by old kernels.
    ['v7.3', 'intel_iommu=on,igfx_off', [null, 'DMA-FQ', 'DMA-FQ']],
    ['v6.12', 'intel_iommu=on,igfx_off', [null, 'DMA-FQ', 'DMA-FQ']],
    ['v6.7-rc1', 'intel_iommu=on,igfx_off', [null, 'identity', 'DMA-FQ']],
    ['v6.1', 'intel_iommu=on,igfx_off', [null, 'identity', 'DMA-FQ']],
  ])('on %s with "%s"', (kernel, cmdline, expected) => {
    expect(domains({ kernel, cmdline })).toEqual(expected);
  });
});

describe('registers', () => {
  // From captures: what QEMU's unit answers.
  const [cap, ecap] = [0xd2008c22260206n, 0xf00f4an];
  const all = dmar(drhd(1, base));
  const domainOf = (options: Options) =>
    inspected(all, options).devices.find(({ name }) => name === '0000:00:04.0')?.domain;

  test.each<[what: string, options: Options, domain: string | null]>([
    ['as they usually are', { registers: { cap, ecap } }, 'DMA-FQ'],
    // x86-dmar-ones, whose registers read 0
    ['no address widths', { registers: { cap: 0n, ecap: 0n } }, null],
    ['all ones', { registers: { cap: 2n ** 64n - 1n, ecap: 2n ** 64n - 1n } }, null],
    ['a cache of what is not there', { registers: { cap: cap | 0x80n, ecap } }, 'DMA'],
    [
      'the same, and first-stage tables, which scalable mode has',
      {
        registers: { cap: cap | 0x80n, ecap: ecap | (1n << 43n) | (1n << 47n) },
        cmdline: 'intel_iommu=on,sm_on',
      },
      'DMA-FQ',
    ],
    [
      'no way to pass requests through, where everything should be',
      { registers: { cap, ecap: ecap & ~0x40n }, cmdline: 'iommu=pt' },
      'DMA',
    ],
    [
      'the same where software did it',
      { registers: { cap, ecap: ecap & ~0x40n }, cmdline: 'iommu=pt', kernel: 'v6.7-rc1' },
      'identity',
    ],
  ])('%s', (_what, options, domain) => {
    expect(domainOf(options)).toBe(domain);
  });
});

test('functions behind units have one shape', () => {
  const machine = machineWith(dmar(drhd(0, base, scope(endpoint, 0, 0, 4, 0)), rest));
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  const shapes = shapesOf(machine, designOf('v7.3'), config).flatMap(({ shape }) => shape ?? []);
  expect(shapes.map(shapeKey)).toEqual(['pci dmar DMAR 0/0']);
});

test('an object of the namespace is behind the unit whose scope has its number', () => {
  const andd = structure(4, le8(0, 0, 0, 9), raw('\\_SB.DEV0\0'));
  const machine = machineWith(dmar(drhd(0, base, scope(namespace, 9, 0, 0x15, 1)), andd));
  const object = { kind: 'device', path: '\\_SB_.DEV0', cca: null, memory: null } as const;
  const device = {
    name: 'EXMP0001:00',
    bus: 'platform',
    path: 'devices/platform/EXMP0001:00',
    of_node: null,
    dma_node: null,
    acpi: { fwnode: object, dma_companion: object },
    compatible: [],
    pci: null,
    assumed: false,
  } as const;
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  const { devices } = inspect(
    { ...machine, devices: [device, ...machine.devices] },
    designOf('v7.3'),
    config,
  );
  const found = devices.filter(({ group }) => group !== null);
  expect(found).toMatchObject([
    { name: 'EXMP0001:00', iommus: [{ iommu: 'dmar0', ids: [{ id: 0xa9, mask: 0 }] }] },
  ]);
});

test.each<[what: string, bytes: Uint8Array, options: Options, state: string, reason: string]>([
  [
    'nothing names it',
    dmar(drhd(0, base, scope(endpoint, 0, 0, 5, 0))),
    {},
    'registered',
    'no unit of DMAR has it or a bridge above it in its scope',
  ],
  [
    'its unit has no address width',
    dmar(drhd(0, base, scope(endpoint, 0, 0, 4, 0))),
    { registers: { cap: 0n, ecap: 0n } },
    'disabled',
    'Linux leaves its unit dmar0 alone: its registers say that it supports no address width',
  ],
  [
    'nobody wants translation',
    dmar(drhd(1, base)),
    { cmdline: 'intel_iommu=off' },
    'disabled',
    'Linux uses no unit of DMAR: intel_iommu=off',
  ],
  [
    'another scope is wrong',
    dmar(drhd(1, base), structure(1, le16(0, 0), le64(0, 0xfff), scope(endpoint, 0, 0, 3, 0))),
    {},
    'failed',
    'Linux uses no unit of DMAR: 0000:00:03.0: the scope at 0x58 has the type of an endpoint, which the function is not',
  ],
])('the reason says that %s', (_what, bytes, options, state, reason) => {
  const { devices, iommus } = inspected(bytes, options);
  expect(devices.find(({ name }) => name === '0000:00:04.0')?.reasons).toEqual([reason]);
  expect(iommus).toMatchObject([{ name: 'dmar0', path: 'DMAR structure at 0x30', state }]);
});

test('graphics with a unit of their own are left alone by name', () => {
  const bytes = dmar(drhd(0, base, scope(endpoint, 0, 0, 2, 0)), rest);
  const { devices } = inspected(bytes, { cmdline: 'intel_iommu=on,igfx_off' });
  expect(devices.find(({ name }) => name === '0000:00:02.0')?.reasons).toEqual([
    'Linux leaves its unit dmar0 alone: it is for graphics alone, which are not to be translated',
  ]);
});

test('one unit that does not answer takes the other with it', () => {
  const machine = machineWith(dmar(drhd(0, base, scope(endpoint, 0, 0, 4, 0)), rest));
  const registers = { cap: 2n ** 64n - 1n, ecap: 2n ** 64n - 1n };
  const hardware = new Map([['registers at 0xfed90000', { registers }]]);
  const config = kconfigFor(machine, { kconfig: {}, cmdline: 'intel_iommu=on' });
  const { iommus } = inspect({ ...machine, hardware }, designOf('v7.3'), config);
  expect(iommus.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

test('without PCI functions in the input, no unit counts as one without devices', () => {
  const bytes = dmar(drhd(0, base, scope(endpoint, 0, 0, 4, 0)));
  const machine = machineFromAcpi(readAcpi([{ name: 'DMAR', bytes }]), new Map());
  const config = kconfigFor(machine, { kconfig: {}, cmdline: '' });
  const { iommus } = inspect(machine, designOf('v7.3'), config);
  expect(iommus).toMatchObject([{ name: 'dmar0', state: 'registered' }]);
});
