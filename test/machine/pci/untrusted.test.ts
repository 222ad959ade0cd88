// Functions behind a port that faces the outside.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import { defaultKconfig, withCommandLine } from '../../../src/linux/index.ts';
import {
  explain,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { dmarOf, drhd, le8, le32, table } from '../../firmware/acpi-builder.ts';
import {
  buffer,
  byte,
  device,
  list,
  method,
  name,
  scope,
  text,
} from '../../firmware/aml-builder.ts';
import { be32, joined, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';
import { type Config, configSpace } from './config-space.ts';

/** A PCI Express function of a type, with an ACS capability that has all of it enabled. */
function express(type: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([0x86, 0x80, 0xd3, 0x10]);
  bytes[0x06] = 0x10; // has capabilities
  bytes[0x34] = 0x40;
  bytes.set([0x10, 0, 0x02 | (type << 4)], 0x40);
  bytes.set([0x0d, 0x00, 0x01, 0x00, 0x1d, 0x00, 0x1d, 0x00], 0x100);
  return bytes;
}

function port(secondary: number): Uint8Array {
  const bytes = express(4);
  bytes[0x0e] = 1;
  bytes.set([0, secondary, secondary], 0x18);
  return bytes;
}

const portNode = (devfn: number, ...props: ReturnType<typeof prop>[]) =>
  node(`pcie@${devfn >> 3},0`, [prop('reg', be32(devfn << 8, 0, 0, 0, 0)), ...props]);

/** Two ports with a device behind each; the first one faces the outside. */
const machine = machineOf(
  [
    node('smmu@50000', [
      compatible('arm,smmu-v3'),
      reg64(0x50000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]),
    host(
      0x10000,
      [
        prop('iommu-map', be32(0, 1, 0, 0x10000)),
        prop('#address-cells', be32(3)),
        prop('#size-cells', be32(2)),
      ],
      [portNode(0x08, prop('external-facing')), portNode(0x10)],
    ),
  ],
  {
    '0000:00:01.0': port(1),
    '0000:00:02.0': port(2),
    '0000:01:00.0': express(0),
    '0000:02:00.0': express(0),
  },
);

describe('with a devicetree', () => {
  const words = [
    ['iommu.passthrough=1', 'identity'],
    ['iommu.strict=0', 'DMA-FQ'],
    ['', 'DMA'],
  ] as const;
  const kernels = [
    ['v6.7-rc1', true],
    ['v6.8', true],
    // Those that ask whether something is removable, which Arm never says.
    ['v6.1', false],
    ['v6.12', false],
    ['v7.3', false],
  ] as const;
  test.each(
    kernels.flatMap(([kernel, asks]) =>
      words.map(([options, inside]) => [kernel, options, inside, asks] as const),
    ),
  )('%s with "%s"', (kernel, options, inside, asks) => {
    const config = withCommandLine(options, defaultKconfig);
    const { devices } = inspect(machine, designOf(kernel), config);
    const domains = Object.fromEntries(devices.map(({ name, domain }) => [name, domain]));
    expect(domains).toMatchObject({
      '0000:00:01.0': inside, // the port itself is part of the machine
      '0000:01:00.0': asks ? 'DMA' : inside,
      '0000:00:02.0': inside,
      '0000:02:00.0': inside,
    });
  });
});

/** `efcc06cc-73ac-4bc3-bff0-76143807c389`, of properties of such ports, as `ToUUID` stores it. */
const ofPorts = new Uint8Array([
  0xcc, 0x06, 0xcc, 0xef, 0xac, 0x73, 0xc3, 0x4b, 0xbf, 0xf0, 0x76, 0x14, 0x38, 0x07, 0xc3, 0x89,
]);
/** A kind of properties that Linux does not know. */
const unknownKind = ofPorts.map((byte) => byte ^ 1);

const facing = (kind: Uint8Array, value: number): Uint8Array =>
  name('_DSD', list(buffer(kind), list(list(text('ExternalFacingPort'), byte(value)))));

const twoPorts = (type: number): [string, Config][] => [
  ['0000:00:01.0', { type, secondary: 1 }],
  ['0000:00:02.0', { type: 4, secondary: 2 }],
  ['0000:01:00.0', { type: 0 }],
  ['0000:02:00.0', { type: 0 }],
];

/** A machine of which one port has this in its object. */
function machineWith(
  object: readonly Uint8Array[],
  functions: readonly (readonly [string, Config])[],
): Machine {
  const port = device('RP01', name('_ADR', joined([le8(0x0c), le32(0x1_0000)])), ...object);
  const host = device('PCI0', name('_HID', text('PNP0A08')), port);
  const acpi = readAcpi([
    { name: 'DSDT', bytes: table('DSDT', scope('\\_SB_', host)) },
    { name: 'DMAR', bytes: dmarOf(drhd(1, 0xfed9_0000)) },
  ]);
  return machineFromAcpi(acpi, new Map(functions.map(([at, of]) => [at, configSpace(of)])));
}

const passthrough = (machine: Machine) =>
  kconfigFor(machine, { kconfig: {}, cmdline: 'intel_iommu=on iommu=pt' });

function domainsOf(machine: Machine, kernel: string): Record<string, string | null> {
  const { devices } = inspect(machine, designOf(kernel), passthrough(machine));
  return Object.fromEntries(devices.map(({ name, domain }) => [name, domain]));
}

describe('with ACPI', () => {
  test.each<[what: string, object: Uint8Array[], type: number, outside: string]>([
    ['ExternalFacingPort makes what is below a port untrusted', [facing(ofPorts, 1)], 4, 'DMA'],
    ['it says no when it is 0', [facing(ofPorts, 0)], 4, 'identity'],
    ['it is looked for among properties of known kinds', [facing(unknownKind, 1)], 4, 'identity'],
    ['it counts for root ports only', [facing(ofPorts, 1)], 7, 'identity'],
    ['nothing is known of what code returns', [method('_DSD')], 4, 'identity'],
  ])('%s', (_what, object, type, outside) => {
    const domains = domainsOf(machineWith(object, twoPorts(type)), 'v6.12');
    expect(domains['0000:01:00.0']).toBe(outside);
    expect(domains['0000:02:00.0']).toBe('identity');
  });
});

const acs = [0x1d, 0x1d] as const;

/** A switch, and a second one below its last port, each with an endpoint on every port that is left. */
const twoSwitches: [string, Config][] = [
  ['0000:00:01.0', { type: 4, secondary: 1, subordinate: 9, acs }],
  ['0000:01:00.0', { type: 5, secondary: 2, subordinate: 9 }],
  ['0000:02:00.0', { type: 6, secondary: 3, acs }],
  ['0000:02:01.0', { type: 6, secondary: 4, subordinate: 9, acs }],
  ['0000:03:00.0', { type: 0 }],
  ['0000:04:00.0', { type: 5, secondary: 5, subordinate: 9 }],
  ['0000:05:00.0', { type: 6, secondary: 6, acs }],
  ['0000:05:01.0', { type: 6, secondary: 7, subordinate: 8, acs }],
  ['0000:06:00.0', { type: 0 }],
  ['0000:07:00.0', { type: 7, secondary: 8 }],
  ['0000:08:00.0', {}],
];
/** The chip that is soldered in: the first switch, and what is directly on it. */
const chip = ['0000:01:00.0', '0000:02:00.0', '0000:02:01.0', '0000:03:00.0'];

const tunnel = (where: Uint8Array): Uint8Array =>
  name('_DSD', list(buffer(ofPorts), list(list(text('ExternalFacingPort'), byte(1)), where)));
const host4 = list(text('usb4-host-interface'), list(byte(1)));

describe('a chip for tunnels behind a port that faces the outside', () => {
  const below = twoSwitches.map(([at]) => at).slice(1);
  const iceLake: [string, Config][] = twoSwitches.map(([at, of]) =>
    at === '0000:00:01.0' ? [at, { ...of, ids: [0x8086, 0x8a1d] }] : [at, of],
  );
  const downstream = device(
    'UP00',
    name('_ADR', byte(0)),
    device('DN00', name('_ADR', byte(0)), name('_DSD', list(buffer(ofPorts), list(host4)))),
  );
  test.each<[what: string, string, Uint8Array[], [string, Config][], trusted: string[]]>([
    ['is not trusted before v6.13', 'v6.8', [facing(ofPorts, 1)], twoSwitches, []],
    ['is trusted since', 'v6.12', [facing(ofPorts, 1)], twoSwitches, chip],
    ['is trusted in 6.1.192', 'v6.1', [facing(ofPorts, 1)], twoSwitches, chip],
    ['is outside if a tunnel begins at the port', 'v7.3', [tunnel(host4)], twoSwitches, []],
    ['is outside below the ports of Ice Lake', 'v7.3', [facing(ofPorts, 1)], iceLake, []],
    [
      'has an untrusted endpoint where a tunnel begins at its own port',
      'v7.3',
      [facing(ofPorts, 1), downstream],
      twoSwitches,
      chip.slice(0, 3),
    ],
  ])('%s', (_what, kernel, object, functions, trusted) => {
    const domains = domainsOf(machineWith(object, functions), kernel);
    const found = below.filter((at) => domains[at] === 'identity');
    expect(found).toEqual(trusted);
  });
});

test('explain says who is not trusted, and which port it is below', () => {
  const machine = machineWith([facing(ofPorts, 1)], twoSwitches);
  const { steps } = explain(machine, '0000:06:00.0', designOf('v7.3'), passthrough(machine));
  const domain = steps.find(({ what }) => what === 'domain');
  expect(domain?.text).toContain('0000:06:00.0 is not trusted: it is below 0000:00:01.0');
});
