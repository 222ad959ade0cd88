import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { type Inspection, inspect, type Machine } from '../../../src/machine/index.ts';
import { inspectJson, inspectText } from '../../../src/report/machine/inspect.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, prop, text } from '../../firmware/fdt-builder.ts';
import { machineOf as machineOfCapture } from '../../machine/capture/packed-captures.ts';
import { compatible, machineOf, phandle, reg64 } from '../../machine/trees.ts';

function inspected(machine: Machine): Inspection {
  return inspect(machine, designOf('v6.7'), defaultKconfig);
}

describe.each(['dtb-map-partial-k6.12', 'dtb-unknown-iommu-k6.12', 'dtb-v2-cells2-mask-k6.12'])(
  '%s',
  (name) => {
    const inspection = inspected(machineOfCapture(name));

    test('reads as it did', async () => {
      const lines = inspectText(inspection, 'v6.7');
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../../golden/inspect-${name}.txt`);
    });

    test('fits a terminal of 100 columns', () => {
      for (const line of inspectText(inspection, 'v6.7'))
        expect(line.length).toBeLessThanOrEqual(100);
    });
  },
);

test('what nobody has made is under absent, and not among the devices, in the JSON document', () => {
  const iommu = node('iommu', [
    compatible('arm,smmu-v3'),
    reg64(0x1000, 0x1000),
    prop('#iommu-cells', be32(1)),
    phandle(1),
  ]);
  const leaf = node('leaf', [compatible('x'), prop('iommus', be32(1, 7))]);
  const maker = node('bus', [compatible('simple-pm-bus'), prop('power-domains', be32(9))], [leaf]);
  const gone = node('power', [
    compatible('p'),
    prop('#power-domain-cells', be32(0)),
    phandle(9),
    prop('status', text('disabled')),
  ]);
  const { devices, absent } = inspectJson(inspected(machineOf([iommu, gone, maker])), 'v6.7');
  const names = devices.map(({ name }) => name);
  expect(names).toContain('bus');
  expect(absent).toHaveLength(1);
  expect(names).not.toContain(absent[0]?.name);
  expect(absent[0]?.reasons[0]).toContain('not made: simple-pm-bus makes it when bus is bound');
  expect(devices.map(({ outcome }) => outcome)).not.toContain('absent');
});

test('the JSON document has the promised keys, in the promised types', () => {
  const inspection = inspected(machineOfCapture('dtb-map-partial-k6.12'));
  const document = JSON.parse(JSON.stringify(inspectJson(inspection, 'v6.7')));
  expect(Object.keys(document)).toEqual([
    'version',
    'command',
    'kernel',
    'machine',
    'iommus',
    'devices',
    'groups',
    'findings',
    'notes',
    'absent',
  ]);
  expect(document).toMatchObject({ version: 1, command: 'inspect', kernel: 'v6.7' });
  expect(document.machine).toEqual({
    firmware: 'devicetree',
    model: 'linux,dummy-virt',
    compatible: ['linux,dummy-virt'],
  });
  expect(document.iommus).toEqual([
    {
      name: '9050000.smmuv3',
      path: '/smmuv3@9050000',
      compatible: ['arm,smmu-v3'],
      driver: 'arm-smmu-v3',
      state: 'registered',
      cells: 1,
    },
  ]);
  const name = '0000:00:01.0';
  expect(document.devices.find((device: { name: string }) => device.name === name)).toEqual({
    name,
    path: 'devices/platform/4010000000.pcie/pci0000:00/0000:00:01.0',
    bus: 'pci',
    firmware_node: '/pcie@10000000',
    outcome: 'translated',
    errno: null,
    iommus: [{ iommu: '9050000.smmuv3', ids: [{ id: 8, mask: 0 }] }],
    group: 0,
    domain: 'DMA',
    reasons: [],
    assumes: [
      expect.stringMatching(/^hypervisor: .*QEMU.* \(9050000\.smmuv3\)$/),
      expect.stringMatching(/^client-drivers: /),
    ],
  });
  expect(document.groups[0]).toEqual({ id: 0, type: 'DMA', devices: [name] });
  expect(document.findings).toEqual([
    {
      rule: 'iommu-map-partial',
      severity: 'warning',
      node: '/pcie@10000000',
      property: 'iommu-map',
      offset: 5152,
      message: expect.stringContaining('0x18 (0000:00:03.0)'),
      help: expect.any(String),
    },
    expect.objectContaining({ rule: 'pci-acs-off', severity: 'note', property: 'config' }),
  ]);
});

test('names from firmware cannot control a terminal', () => {
  const evil = 'evil\x1b[31m\n\u009b';
  const iommu = node(`${evil}@1000`, [
    compatible(`x${evil}`),
    reg64(0x1000),
    phandle(1),
    prop('#iommu-cells', be32(1)),
  ]);
  const clients = [1, 99].map((target, i) =>
    node(`${evil}@${9 + i}000`, [
      compatible('x'),
      reg64(0x9000 + 0x1000 * i),
      prop('iommus', be32(target, 7)),
    ]),
  );
  const machine = { ...machineOf([iommu, ...clients]), model: evil };
  const lines = inspectText(inspected(machine), 'v6.7');
  expect(lines.join('')).toContain('evil\\x1b[31m\\x0a\\x9b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  for (const line of lines) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});

test('only the style function colours', () => {
  const inspection = inspected(
    machineOf([
      node('dma@1000', [compatible('x'), reg64(0x1000), prop('iommus', be32(99))]),
      node('off@2000', [prop('status', text('disabled'))]),
    ]),
  );
  const styled = inspectText(inspection, 'v6.7', {
    style: (kind, words) => `<${kind}>${words}</>`,
  });
  expect(styled.join('\n')).toContain('<red>error</> iommus-dangling');
  const unstyled = styled.map((line) => line.replaceAll(/<[a-z/]*>/g, ''));
  expect(unstyled).toEqual(inspectText(inspection, 'v6.7'));
});

test('a machine without IOMMUs says so', () => {
  const lines = inspectText(inspected(machineOf([])), 'v6.7');
  expect(lines).toEqual([
    'a machine without a model name   devicetree   kernel v6.7',
    '',
    'IOMMUs',
    '  none',
    '',
    '0 devices; no findings',
  ]);
});
