// Functions behind a port that faces the outside.
import { describe, expect, test } from 'vitest';
import { defaultKconfig, withCommandLine } from '../../src/linux/index.ts';
import { inspect } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
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
