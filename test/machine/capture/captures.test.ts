import { describe, expect, test } from 'vitest';
import type { Machine, MachineDevice } from '../../../src/machine/index.ts';
import { answersOf, captures, machineOf } from './packed-captures.ts';

interface Answers {
  readonly devices: readonly {
    readonly name: string;
    readonly bus: string;
    readonly path: string;
    readonly of_node?: string;
    readonly acpi_path?: string;
  }[];
  readonly configure_calls: readonly { readonly fn: string; readonly dev: string | null }[];
}

const answersFor = (name: string): Answers => JSON.parse(answersOf(name));

/** The node of the devicetree, or the object of the namespace of what is no PCI function. */
function nodeOf({ bus, of_node, acpi }: MachineDevice): string | null {
  if (of_node !== null) return of_node.path;
  const fwnode = bus === 'platform' ? acpi?.fwnode : null;
  return fwnode?.kind === 'device' ? fwnode.path : null;
}

describe.each(captures)('%s', (name) => {
  test('has the devices, paths and firmware nodes that the kernel has', () => {
    const machine = machineOf(name);
    // A PC has platform devices for objects of the namespace that no list here names.
    const compared = ({ bus }: { readonly bus: string }) =>
      bus !== 'platform' || !name.startsWith('x86-');
    const predicted = machine.devices
      .filter(compared)
      .map((of) => lineOf({ ...of, node: nodeOf(of) }));
    const observed = answersFor(name)
      .devices.filter(compared)
      .map((of) =>
        lineOf({
          ...of,
          node: of.of_node ?? (of.bus === 'platform' ? of.acpi_path : null) ?? null,
        }),
      );
    expect(predicted.sort()).toEqual(observed.sort());
    // Of functions alone it is said what is assumed, and of QEMU's PCs that registers say whether there
    // is a timer.
    const said = machine.notes.filter((note) => !timer.test(note));
    if (machine.firmware !== 'none') expect(said).toEqual([]);
    expect(machine.devices.filter(({ assumed }) => assumed)).toEqual([]);
    expectParentsFirst(machine);
  });
});

const timer = /^\\_SB_\.HPET has a _STA that is not known/;

function lineOf(of: Record<'bus' | 'name' | 'path', string> & { node: string | null }): string {
  return `${of.bus} ${of.name} ${of.path} ${of.node}`;
}

function expectParentsFirst({ devices }: Machine): void {
  const paths = new Set<string>();
  for (const { path, pci } of devices) {
    if (pci?.bridge) expect(paths).toContain(pci.bridge.path);
    paths.add(path);
  }
}

test('PCI functions come in the order in which the kernel added them', () => {
  const name = 'a64-dt-smmu-legacy-k7.3';
  const functions = machineOf(name).devices.filter(({ bus }) => bus === 'pci');
  // This kernel calls it when a function is added.
  const configured = answersFor(name).configure_calls.filter(
    ({ fn }) => fn === 'of_iommu_configure',
  );
  const order = [...new Set(configured.map(({ dev }) => dev))];
  expect(functions.map((device) => device.name)).toEqual(order);
});

test('a host bridge has the segment and the buses that its node gives', () => {
  const [host, ...others] = machineOf('a64-dt-smmu-rp-k6.12').hostBridges;
  expect(others).toEqual([]);
  expect(host).toMatchObject({ segment: 0, bus_range: [0, 0xff] });
  expect(host?.device.name).toBe('4010000000.pcie');
});

test('virtual functions are below the bridge of their physical function', () => {
  const { devices } = machineOf('a64-dt-smmu-sriov-k6.12');
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
  const { devices } = machineOf('a64-dt-viommu-k6.12');
  const functions = devices.filter(({ bus }) => bus === 'pci');
  expect(new Set(functions.map(({ dma_node }) => dma_node?.path))).toEqual(
    new Set(['/pcie@10000000']),
  );
});
