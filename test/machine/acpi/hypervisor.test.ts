// Endpoints as QEMU has them: it makes one for each function that it gives an address space.
import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, type Node, node, prop } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';

const qemu = node('fw-cfg@9020000', [compatible('qemu,fw-cfg-mmio'), reg64(0x902_0000)]);
const viommu = node('virtio_mmio@1000', [
  compatible('virtio,mmio'),
  reg64(0x1000),
  phandle(1),
  prop('#iommu-cells', be32(1)),
]);
const bridge = (type: number | undefined, secondary: number) =>
  configSpace({ ...(type === undefined ? {} : { type }), secondary });
const endpoint = configSpace({ type: 0 });
const conventional = configSpace({});

/** A root port, an endpoint below it, and a conventional bridge of each kind with a function. */
const functions = {
  '0000:00:01.0': bridge(4, 1),
  '0000:01:00.0': endpoint,
  '0000:00:02.0': bridge(7, 2),
  '0000:02:03.0': conventional,
  '0000:00:03.0': bridge(undefined, 3),
  '0000:03:04.0': conventional,
};
const map = prop('iommu-map', be32(0, 1, 0, 0x1_0000));

function machine(maker: readonly Node[], pci: Readonly<Record<string, Uint8Array>> = functions) {
  const client = node('dev@5000', [
    compatible('test,client'),
    reg64(0x5000),
    prop('iommus', be32(1, 0x8000)),
  ]);
  return machineOf([viommu, host(0x4000_0000, [map]), client, ...maker], pci);
}

function outcomes(of: Machine, kernel: string): Record<string, string> {
  const config = { ...defaultKconfig, CONFIG_VIRTIO_IOMMU: true };
  const { devices } = inspect(of, designOf(kernel), config);
  return Object.fromEntries(devices.map(({ name, outcome }) => [name, outcome]));
}

test('what is on a conventional bus, and what is on no PCI bus, is no endpoint', () => {
  expect(outcomes(machine([qemu]), 'v6.12')).toMatchObject({
    '0000:00:01.0': 'translated',
    '0000:01:00.0': 'translated',
    '0000:00:02.0': 'translated',
    '0000:00:03.0': 'translated',
    '0000:02:03.0': 'direct',
    '0000:03:04.0': 'direct',
    '5000.dev': 'direct',
  });
});

test('in v7.3 one of them makes all devices wait', () => {
  const {
    '9020000.fw-cfg': _,
    '1000.virtio_mmio': iommu,
    ...rest
  } = outcomes(machine([qemu]), 'v7.3');
  expect(iommu).toBe('direct');
  const { '40000000.pcie': bridgeDevice, ...clients } = rest;
  expect(bridgeDevice).toBe('direct');
  expect(new Set(Object.values(clients))).toEqual(new Set(['deferred']));
});

test('a function without power is one; what is below it is none, as its bus has no number', () => {
  const port = configSpace({ type: 4, secondary: 1, subordinate: 2 });
  const off = new Uint8Array(256).fill(0xff);
  const below = { '0000:00:01.0': port, '0000:01:00.0': off, '0000:02:00.0': endpoint };
  expect(outcomes(machine([qemu], below), 'v6.12')).toMatchObject({
    '0000:00:01.0': 'translated',
    '0000:01:00.0': 'translated',
    '0000:02:00.0': 'direct',
  });
});

describe('every endpoint counts as known', () => {
  test.each<[string, Machine]>([
    ['where no hypervisor is recognised', machine([])],
    ['where the functions are assumed', machine([qemu], {})],
  ])('%s', (_why, of) => {
    expect(outcomes(of, 'v6.12')['5000.dev']).toBe('translated');
  });
});
