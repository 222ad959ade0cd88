import { describe, expect, test } from 'vitest';
import { answersOfCapture, captures, machineOfCapture } from './inspect-captures.ts';

interface Expected {
  readonly devices: readonly {
    readonly name: string;
    readonly bus: string;
    readonly path: string;
    readonly of_node: string | null;
  }[];
  readonly configured?: readonly string[];
}

function expectedOf(name: string): Expected {
  return JSON.parse(answersOfCapture(name));
}

describe.each(captures)('%s', (name) => {
  test('has the devices, paths and firmware nodes that the kernel has', () => {
    const predicted = machineOfCapture(name).devices.map((device) => ({
      name: device.name,
      bus: device.bus,
      path: device.path,
      of_node: device.of_node?.path ?? null,
    }));
    const madeByDrivers = ({ bus, of_node }: { bus: string; of_node: string | null }) =>
      bus === 'platform' && of_node === null;
    const observed = expectedOf(name)
      .devices.map(({ name, bus, path, of_node }) => ({ name, bus, path, of_node }))
      .filter((device) => !madeByDrivers(device));
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    expect(predicted.sort(byPath)).toEqual([...observed].sort(byPath));
  });

  test('is understood completely', () => {
    const machine = machineOfCapture(name);
    expect(machine.notes).toEqual([]);
    expect(machine.model).toBe('linux,dummy-virt');
    expect(machine.devices.filter(({ assumed }) => assumed)).toEqual([]);
  });

  test('has each device below one that was created before it', () => {
    const { devices } = machineOfCapture(name);
    const paths = new Set<string>();
    for (const { path, pci } of devices) {
      if (pci?.bridge) expect(paths).toContain(pci.bridge.path);
      paths.add(path);
    }
  });
});

test('PCI functions come in the order in which the kernel added them', () => {
  const name = 'a64-dt-smmu-legacy-k7.3';
  const functions = machineOfCapture(name).devices.filter(({ bus }) => bus === 'pci');
  expect(functions.map((device) => device.name)).toEqual(expectedOf(name).configured);
});

test('a host bridge has the segment and the buses that its node gives', () => {
  const [host, ...others] = machineOfCapture('a64-dt-smmu-rp-k6.12').hostBridges;
  expect(others).toEqual([]);
  expect(host).toMatchObject({ segment: 0, bus_range: [0, 0xff] });
  expect(host?.device.name).toBe('4010000000.pcie');
});

test('virtual functions are below the bridge of their physical function', () => {
  const { devices } = machineOfCapture('a64-dt-smmu-sriov-k6.12');
  const virtual = devices.filter(({ pci }) => pci?.config?.vendor_id === 0xffff);
  expect(virtual.map(({ name, pci }) => [name, pci?.bridge?.name ?? null])).toEqual([
    ['0000:00:13.0', null],
    ['0000:00:13.2', null],
    ['0000:01:10.0', '0000:00:02.0'],
    ['0000:01:10.2', '0000:00:02.0'],
    ['0000:01:10.4', '0000:00:02.0'],
  ]);
});

test('the node whose iommu-map counts is the one of the host bridge', () => {
  const { devices } = machineOfCapture('a64-dt-viommu-k6.12');
  const functions = devices.filter(({ bus }) => bus === 'pci');
  expect(new Set(functions.map(({ dma_node }) => dma_node?.path))).toEqual(
    new Set(['/pcie@10000000']),
  );
});
