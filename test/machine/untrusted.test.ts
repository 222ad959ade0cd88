// Functions behind a port that faces the outside.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../src/firmware/index.ts';
import { defaultKconfig, withCommandLine } from '../../src/linux/index.ts';
import { inspect, kconfigFor, machineFromAcpi } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { dmarStructure, le8, le16, le32, le64, table, zeros } from '../firmware/acpi-builder.ts';
import { buffer, byte, device, list, method, name, scope, text } from '../firmware/aml-builder.ts';
import { be32, joined, node, prop } from '../firmware/fdt-builder.ts';
import { configSpace } from './config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from './trees.ts';

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

describe.each(['v6.1', 'v6.12', 'v7.3'])('under %s', (kernel) => {
  test.each([
    ['iommu.passthrough=1', 'DMA', 'identity'],
    ['iommu.strict=0', 'DMA', 'DMA-FQ'],
    ['', 'DMA', 'DMA'],
  ])('"%s" translates strictly for what is outside', (options, outside, inside) => {
    const config = withCommandLine(options, defaultKconfig);
    const { devices } = inspect(machine, designOf(kernel), config);
    const domains = Object.fromEntries(devices.map(({ name, domain }) => [name, domain]));
    expect(domains).toMatchObject({
      '0000:00:01.0': inside, // the port itself is part of the machine
      '0000:01:00.0': outside,
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

/** What is behind the two ports, of which the first has this in its object. */
function domainsWith(object: readonly Uint8Array[], type = 4): Record<string, string | null> {
  const port = device('RP01', name('_ADR', joined([le8(0x0c), le32(0x1_0000)])), ...object);
  const host = device('PCI0', name('_HID', text('PNP0A08')), port);
  const unit = dmarStructure(0, le8(1, 0), le16(0), le64(0xfed9_0000));
  const acpi = readAcpi([
    { name: 'DSDT', bytes: table('DSDT', scope('\\_SB_', host)) },
    { name: 'DMAR', bytes: table('DMAR', le8(38, 1), zeros(10), unit) },
  ]);
  const pci = new Map([
    ['0000:00:01.0', configSpace({ type, secondary: 1 })],
    ['0000:00:02.0', configSpace({ type: 4, secondary: 2 })],
    ['0000:01:00.0', configSpace({ type: 0 })],
    ['0000:02:00.0', configSpace({ type: 0 })],
  ]);
  const machine = machineFromAcpi(acpi, pci);
  const config = kconfigFor(machine, { kconfig: {}, cmdline: 'intel_iommu=on iommu=pt' });
  const { devices } = inspect(machine, designOf('v6.12'), config);
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
    const domains = domainsWith(object, type);
    expect(domains['0000:01:00.0']).toBe(outside);
    expect(domains['0000:02:00.0']).toBe('identity');
  });
});
