import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/util/index.ts';
import { be32, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, host, machineOf, namesOf, phandle, reg64 } from '../trees.ts';

/** The header of an endpoint. */
function endpoint(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x86, 0x80, 0xd3, 0x10]);
  return bytes;
}

/** The header of a bridge to the buses `secondary` to `subordinate`. */
function bridge(secondary: number, subordinate = secondary): Uint8Array {
  const bytes = endpoint();
  bytes[0x0e] = 1;
  bytes.set([0, secondary, subordinate], 0x18);
  return bytes;
}

const smmu = node('smmu@50000', [compatible('arm,smmu-v3'), reg64(0x50000), phandle(1)]);

function functionsOf(machine: ReturnType<typeof machineOf>): string[] {
  return machine.devices.filter(({ bus }) => bus === 'pci').map(({ name }) => name);
}

describe('captured PCI functions', () => {
  test('come bus by bus: all of a bus, then what is behind each of its bridges', () => {
    const machine = machineOf([host(0x10000)], {
      '0000:03:00.0': endpoint(),
      '0000:00:02.0': bridge(3),
      '0000:02:00.0': endpoint(),
      '0000:00:1f.0': endpoint(),
      '0000:01:01.0': bridge(2),
      '0000:01:02.0': endpoint(),
      '0000:00:01.0': bridge(1, 2),
    });
    expect(functionsOf(machine)).toEqual([
      '0000:00:01.0',
      '0000:00:02.0',
      '0000:00:1f.0',
      '0000:01:01.0',
      '0000:01:02.0',
      '0000:02:00.0',
      '0000:03:00.0',
    ]);
    const deepest = machine.devices.find(({ name }) => name === '0000:02:00.0');
    expect(deepest?.path).toBe(
      'devices/platform/10000.pcie/pci0000:00/0000:00:01.0/0000:01:01.0/0000:02:00.0',
    );
    expect(deepest?.pci?.bridge?.pci?.bridge?.name).toBe('0000:00:01.0');
    expect(machine.notes).toEqual([]);
  });

  test('belong to the host bridge with their segment', () => {
    const machine = machineOf(
      [
        host(0x10000, [prop('linux,pci-domain', be32(1)), prop('bus-range', be32(0x40, 0x4f))]),
        host(0x20000),
      ],
      { '0000:00:00.0': endpoint(), '0001:40:00.0': endpoint() },
    );
    expect(machine.devices.map(({ path }) => path)).toEqual([
      'devices/platform/10000.pcie',
      'devices/platform/20000.pcie',
      'devices/platform/10000.pcie/pci0001:40/0001:40:00.0',
      'devices/platform/20000.pcie/pci0000:00/0000:00:00.0',
    ]);
  });

  test('that no bridge leads to are on a root bus of their own, with a note', () => {
    const machine = machineOf([host(0x10000)], {
      '0000:00:00.0': endpoint(),
      '0000:80:00.0': bridge(0x81),
      '0000:81:00.0': endpoint(),
      '0002:00:00.0': endpoint(),
    });
    expect(machine.devices.slice(1).map(({ path, dma_node }) => [path, dma_node?.path])).toEqual([
      ['devices/platform/10000.pcie/pci0000:00/0000:00:00.0', '/pcie@10000'],
      ['devices/platform/10000.pcie/pci0000:80/0000:80:00.0', '/pcie@10000'],
      ['devices/platform/10000.pcie/pci0000:80/0000:80:00.0/0000:81:00.0', '/pcie@10000'],
      ['devices/pci0002:00/0002:00:00.0', undefined],
    ]);
    expect(machine.notes).toEqual([
      'PCI bus 0000:80: taken for a root bus, because no bridge leads to it',
      'PCI bus 0002:00: taken for a root bus, because no host bridge has its segment',
    ]);
  });

  test('are created once, however bridges point at each other', () => {
    const machine = machineOf([host(0x10000)], {
      '0000:00:00.0': bridge(1),
      '0000:00:01.0': bridge(1),
      '0000:01:00.0': bridge(0),
      '0000:01:01.0': bridge(1),
    });
    expect(functionsOf(machine)).toHaveLength(4);
  });

  test('have the node that is below the node of their bus', () => {
    const at = (devfn: number) => prop('reg', be32(devfn << 8, 0, 0, 0, 0));
    const port = node('pcie@2,0', [at(0x10)], [node('wifi@0', [compatible('a,wifi'), at(0)])]);
    const machine = machineOf([host(0x10000, [], [port])], {
      '0000:00:02.0': bridge(1),
      '0000:01:00.0': endpoint(),
      '0000:01:01.0': endpoint(),
    });
    expect(machine.devices.slice(1).map(({ of_node }) => of_node?.path)).toEqual([
      '/pcie@10000/pcie@2,0',
      '/pcie@10000/pcie@2,0/wifi@0',
      undefined,
    ]);
    expect(machine.devices[2]?.compatible).toEqual(['a,wifi']);
  });

  test('that did not answer are devices without a configuration', () => {
    const machine = machineOf([host(0x10000)], { '0000:00:00.0': new Uint8Array(64).fill(0xff) });
    expect(machine.devices[1]?.pci?.config).toBeNull();
    expect(machine.notes).toEqual([
      '0000:00:00.0: did not answer when its configuration space was read',
    ]);
  });

  test('read without root are noted, because their capabilities are missing', () => {
    const bytes = endpoint();
    bytes[0x06] = 0x10;
    bytes[0x34] = 0x40;
    expect(machineOf([host(0x10000)], { '0000:00:00.0': bytes }).notes).toEqual([
      'only the header of 0000:00:00.0 could be read, as without root: PCI Express and ACS are not seen, and groups may be wrong',
    ]);
  });

  test('that cannot be read are refused by name', () => {
    const refusal = (name: string, bytes: Uint8Array) => {
      try {
        machineOf([], { [name]: bytes });
      } catch (error) {
        return error instanceof FormatError ? error.line : error;
      }
      return null;
    };
    expect(refusal('0000:00:00.0', new Uint8Array(3))).toBe(
      '0000:00:00.0: configuration space: expected 64 to 4096 bytes, found 3 bytes',
    );
    expect(refusal('eth0', endpoint())).toMatch(/^name of a PCI function: expected segment:bus/);
  });
});

describe('segments', () => {
  test('that the tree does not give are the lowest that it gives to nobody', () => {
    const fixed = [prop('linux,pci-domain', be32(0))];
    const machine = machineOf([
      host(0x10000),
      host(0x20000, fixed),
      host(0x30000),
      host(0x40000, fixed),
    ]);
    expect(machine.hostBridges.map(({ device, segment }) => [device.name, segment])).toEqual([
      ['10000.pcie', 1],
      ['20000.pcie', 0],
      ['30000.pcie', 2],
    ]);
    expect(machine.notes).toEqual(['/pcie@40000: not scanned, because segment 0 is taken']);
  });
});

describe('without captured functions', () => {
  test('each iommu-map entry stands for one, once', () => {
    const map = prop(
      'iommu-map',
      be32(0x100, 1, 0x100, 0x10, 0x0, 1, 0, 0x100, 0x100, 1, 0x200, 1),
    );
    const machine = machineOf([smmu, host(0x10000, [map]), host(0x20000)]);
    const assumed = machine.devices.filter((device) => device.assumed);
    expect(assumed.map(({ name, path }) => [name, path])).toEqual([
      ['0000:00:00.0', 'devices/platform/10000.pcie/pci0000:00/0000:00:00.0'],
      ['0000:01:00.0', 'devices/platform/10000.pcie/pci0000:00/0000:01:00.0'],
    ]);
    expect(assumed[0]?.dma_node?.path).toBe('/pcie@10000');
  });

  test('an entry stands for a function on a bus that the host bridge has', () => {
    const map = prop('iommu-map', be32(0x0, 1, 0, 0x10000, 0x0, 1, 0, 0x10));
    const machine = machineOf([smmu, host(0x10000, [map, prop('bus-range', be32(4, 7))])]);
    expect(namesOf(machine).at(-1)).toBe('0000:04:00.0');
    expect(machine.notes).toEqual([
      '/pcie@10000: iommu-map entry at 0x0, length 0x10 holds no requester ID of its buses',
    ]);
  });

  test('an IOMMU that is a PCI function itself is there too', () => {
    const iommu = node('iommu@1,0', [
      compatible('virtio,pci-iommu'),
      prop('reg', be32(0x800, 0, 0, 0, 0)),
      prop('#iommu-cells', be32(1)),
      phandle(2),
    ]);
    const map = prop('iommu-map', be32(0, 2, 0, 8, 9, 2, 9, 0xfff7));
    const machine = machineOf([host(0x10000, [map], [iommu])]);
    expect(functionsOf(machine)).toEqual(['0000:00:00.0', '0000:00:01.0', '0000:00:01.1']);
    expect(machine.devices[2]?.compatible).toEqual(['virtio,pci-iommu']);
  });

  test('a function with a node is there, by its number, with a map or without one', () => {
    const fn = (number: number, ...props: readonly Prop[]) =>
      node(`fn@${number}`, [prop('reg', be32(number << 8, 0, 0, 0, 0)), ...props]);
    const children = [
      fn(0x12, compatible('a,ethernet')),
      fn(0x0),
      fn(0x13, prop('status', text('disabled'))),
      node('multifunc-device', [], [fn(0x21)]),
      node('legacy-interrupt-controller', []),
    ];
    const machine = machineOf([
      smmu,
      host(0x10000, [prop('bus-range', be32(4, 7))], children),
      host(0x20000, [prop('iommu-map', be32(0, 1, 0, 0x1000))], [fn(0x8)]),
    ]);
    const paths = machine.devices.map(({ name, of_node, assumed }) => [
      name,
      assumed ? (of_node?.path ?? null) : undefined,
    ]);
    expect(paths.slice(3)).toEqual([
      ['0000:04:00.0', '/pcie@10000/fn@0'],
      ['0000:04:02.2', '/pcie@10000/fn@18'],
      ['0000:04:04.1', '/pcie@10000/multifunc-device/fn@33'],
      ['0001:00:00.0', null],
      ['0001:00:01.0', '/pcie@20000/fn@8'],
    ]);
    expect(machine.notes).toEqual([]);
  });

  test('a function below a bridge is there where the node of the bridge says which bus that is', () => {
    const wifi = node('wifi@0', [prop('reg', be32(0x10000, 0, 0, 0, 0)), compatible('a,wifi')]);
    const port = (slot: number, ...props: readonly Prop[]) =>
      node(`pcie@${slot}`, [prop('reg', be32(slot << 11, 0, 0, 0, 0)), ...props], [wifi]);
    const ports = [
      port(0, prop('bus-range', be32(3, 4))),
      port(1),
      port(2, prop('bus-range', be32(0, 4))),
    ];
    const machine = machineOf([
      smmu,
      host(0x10000, [prop('iommu-map', be32(0x300, 1, 0x300, 1))], ports),
    ]);
    const root = 'devices/platform/10000.pcie/pci0000:00';
    expect(machine.devices.slice(2).map(({ path, compatible }) => [path, ...compatible])).toEqual([
      [`${root}/0000:00:00.0`],
      [`${root}/0000:00:01.0`],
      [`${root}/0000:00:02.0`],
      [`${root}/0000:00:00.0/0000:03:00.0`, 'a,wifi'],
    ]);
  });

  test.each([
    ['of a wrong length', be32(0, 1, 0, 0x10000, 0)],
    ['that is empty', be32()],
  ])('an iommu-map %s stands for nothing, with a note', (_, value) => {
    const machine = machineOf([smmu, host(0x10000, [prop('iommu-map', value)])]);
    expect(functionsOf(machine)).toEqual([]);
    expect(machine.notes).toEqual([
      '/pcie@10000: no PCI function assumed, because iommu-map is malformed',
    ]);
  });

  test('an iommu-map is read up to the first phandle that no node has', () => {
    const map = prop('iommu-map', be32(0, 9, 0, 0x10, 0x10, 1, 0, 0x10));
    const machine = machineOf([smmu, host(0x10000, [map])]);
    expect(functionsOf(machine)).toEqual(['0000:00:00.0']);
    expect(machine.notes).toEqual([
      '/pcie@10000: iommu-map not read on, because no node has phandle 0x9',
    ]);
  });
});

test('a machine has the model and compatible strings of the root', () => {
  const machine = machineOf([node('a', [prop('model', text('not this'))])]);
  expect(machine).toMatchObject({ firmware: 'devicetree', model: '', compatible: [] });
});
