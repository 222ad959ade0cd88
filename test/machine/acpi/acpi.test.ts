import { describe, expect, test } from 'vitest';
import { type AcpiDevice, type AmlValue, readAcpi } from '../../../src/firmware/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { createNamespaceDevices } from '../../../src/machine/firmware/acpi/namespace.ts';
import { inspect, machineFromAcpi, shapeKey, shapesOf } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  edited,
  iort,
  le8,
  le16,
  le32,
  le64,
  named,
  smmu,
  smmuV3,
  table,
  zeros,
} from '../../firmware/acpi-builder.ts';
import { device, name, scope, text } from '../../firmware/aml-builder.ts';
import { joined } from '../../firmware/fdt-builder.ts';
import { machineOf } from '../capture/packed-captures.ts';
import { configSpace } from '../pci/config-space.ts';

const kernel = designOf('v6.12');

function object(path: string, names: Readonly<Record<string, AmlValue>>): AcpiDevice {
  return { path, names: new Map(Object.entries(names)) };
}

function devicesOf(...devices: readonly AcpiDevice[]) {
  return createNamespaceDevices({ devices, notes: [] });
}

const uart = { _HID: 'ARMH0011' };

describe('an object of the namespace', () => {
  test('is named by its ID and how many objects before it had the same', () => {
    const all = [...Array(17).keys()].map((i) => object(`\\_SB_.D${i + 100}`, uart));
    const names = devicesOf(...all).devices.map(({ name }) => name);
    expect([names[0], names[10], names[16]]).toEqual(['ARMH0011:00', 'ARMH0011:0a', 'ARMH0011:10']);
  });

  test('counts for the names of others when it is not present itself', () => {
    const { devices } = devicesOf(
      object('\\_SB_.COM0', { ...uart, _STA: 0n }),
      object('\\_SB_.COM1', uart),
    );
    expect(devices.map(({ name }) => name)).toEqual(['ARMH0011:01']);
  });

  test('counts, too, and is no device when the one above it is not present', () => {
    const { devices, roots, notes } = devicesOf(
      object('\\_SB_.BUS0', { _STA: 0n }),
      object('\\_SB_.BUS0.COM0', { ...uart, _CCA: null }),
      object('\\_SB_.BUS0.COM0.COM1', uart),
      object('\\_SB_.BUS0.PCI0', { _HID: 'PNP0A08' }),
      object('\\_SB_.COM2', uart),
    );
    expect(devices.map(({ name }) => name)).toEqual(['ARMH0011:02']);
    expect([roots, notes]).toEqual([[], []]);
  });

  test('is one all the same when it depends on another one: it is attached by itself', () => {
    const { devices } = devicesOf(
      object('\\_SB_.BUS0', { _STA: 0n, _CCA: 0n }),
      object('\\_SB_.BUS0.COM0', { ...uart, _DEP: [{ reference: '\\_SB_.COM2' }] }),
      object('\\_SB_.BUS0.COM1', uart),
      object('\\_SB_.COM2', uart),
    );
    expect(devices.map(({ name }) => name)).toEqual(['ARMH0011:01', 'ARMH0011:02']);
    expect(devices[1]?.acpi?.fwnode).toMatchObject({ path: '\\_SB_.BUS0.COM0', cca: false });
  });

  test('is looked at after the one above it and all that is below those before', () => {
    const { devices } = devicesOf(
      object('\\_SB_.BUS0', { _HID: 'QEMU0002' }),
      object('\\_SB_.COM0', uart),
      object('\\_SB_.BUS0.COM1', uart),
    );
    expect(devices.map(({ path }) => path)).toEqual([
      'devices/platform/QEMU0002:00',
      'devices/platform/QEMU0002:00/ARMH0011:00',
      'devices/platform/ARMH0011:01',
    ]);
  });

  test('has the first _CCA on the way down to it', () => {
    const { devices } = devicesOf(
      object('\\_SB_.BUS0', { _HID: 'QEMU0002', _CCA: 0n }),
      object('\\_SB_.BUS0.COM0', { ...uart, _CCA: 1n }),
      object('\\_SB_.COM1', uart),
    );
    expect(devices.map(({ acpi }) => acpi?.dma_companion?.cca)).toEqual([false, false, null]);
  });

  test('is no platform device when it is a host bridge, an interrupt link or on the PNP bus', () => {
    const ids = ['PNP0A08', 'PNP0C0F', 'PNP0C02', 'ACPI0007', 'PNP0501'];
    const { devices, roots } = devicesOf(
      ...ids.map((id, i) => object(`\\_SB_.D${i}`, { _HID: id, _SEG: 2n, _BBN: 0x40n })),
    );
    expect(devices).toEqual([]);
    expect(roots).toMatchObject([{ segment: 2, bus_range: [0x40, 0xff] }]);
  });

  test('is there when its _STA says that it works, without being present', () => {
    const names = (status: bigint) =>
      devicesOf(object('\\_SB_.COM0', { ...uart, _STA: status })).devices.map(({ name }) => name);
    expect([names(8n), names(1n), names(6n)]).toEqual([['ARMH0011:00'], ['ARMH0011:00'], []]);
  });

  test('is no platform device by a _CID alone', () => {
    expect(devicesOf(object('\\_SB_.COM0', { _CID: 'ARMH0011' })).devices).toEqual([]);
  });

  test('comes last when it depends on another one, and then all that is below it', () => {
    const { devices } = devicesOf(
      object('\\_SB_.COM0', { ...uart, _DEP: [{ reference: '\\_SB_.COM2' }] }),
      object('\\_SB_.COM0.COM1', uart),
      object('\\_SB_.COM2', uart),
      object('\\_SB_.COM3', { ...uart, _DEP: [{ reference: '\\_SB_.PEPD' }] }),
      object('\\_SB_.PEPD', { _HID: 'INT33A1', _CID: 'PNP0D80' }),
    );
    expect(devices.map(({ name, acpi }) => `${name} ${acpi?.fwnode?.path}`)).toEqual([
      'ARMH0011:00 \\_SB_.COM2',
      'ARMH0011:01 \\_SB_.COM3',
      'INT33A1:00 \\_SB_.PEPD',
      'ARMH0011:02 \\_SB_.COM0',
      'ARMH0011:03 \\_SB_.COM0.COM1',
    ]);
  });
});

describe('of an object', () => {
  const unknown = new Map([['_STA', 'SystemMemory at \\GNVS']]);

  test('whose _STA is not known, that is said, and it is taken to be present', () => {
    const { devices, notes } = devicesOf({
      ...object('\\_SB_.COM0', { ...uart, _STA: null }),
      unknown,
    });
    expect(devices.map(({ assumes }) => assumes)).toEqual([
      [expect.stringMatching(/^acpi-status: .* \(\\_SB_\.COM0\)$/)],
    ]);
    expect(notes).toEqual([
      '\\_SB_.COM0 has a _STA that is not known and is taken to be present (SystemMemory at \\GNVS)',
    ]);
  });

  test('what is taken for known is said of those below it, too', () => {
    const bus = { ...object('\\_SB_.BUS0', { _STA: null }), unknown };
    const { devices } = devicesOf(bus, object('\\_SB_.BUS0.COM0', uart));
    expect(devices[0]?.assumes).toHaveLength(1);
  });

  test('that may not exist, that is said, and there is no device', () => {
    const doubt = 'SystemMemory at \\GNVS';
    const { devices, notes } = devicesOf({ ...object('\\_SB_.COM0', uart), doubt });
    expect(devices).toEqual([]);
    expect(notes).toEqual([
      '\\_SB_.COM0 is left out, as it may not exist (SystemMemory at \\GNVS)',
    ]);
  });

  test('whose _CCA is not known, that is said, and it is taken to be 1', () => {
    const { devices, notes } = devicesOf(object('\\_SB_.COM0', { ...uart, _CCA: null }));
    expect(devices[0]?.acpi?.dma_companion?.cca).toBe(true);
    expect(devices[0]?.assumes?.[0]).toMatch(/^acpi-coherency: /);
    expect(notes).toEqual([
      '\\_SB_.COM0 has a _CCA that is not known and is taken to be 1 (no number)',
    ]);
  });

  test('and others with the same gap share a note', () => {
    const { notes } = devicesOf(
      object('\\_SB_.COM0', { ...uart, _CCA: null }),
      object('\\_SB_.COM1', { ...uart, _CCA: null }),
    );
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('\\_SB_.COM0, \\_SB_.COM1');
  });
});

describe('why a device has no IOMMU', () => {
  const reasonsOf = (capture: string, name: string) =>
    inspect(machineOf(capture), kernel, defaultKconfig).devices.find(
      (device) => device.name === name,
    )?.reasons;

  test.each([
    ['iort-named-k6.12', 'LNRO0005:01', 'the IORT node at 0xe8 has no single mapping to an SMMU'],
    ['iort-named-k6.12', 'LNRO0005:04', 'no named component of IORT is about it'],
    ['iort-partial-k7.3', '0000:00:03.0', 'the IORT node at 0x74 leads ID 0x18 to no SMMU'],
  ])('%s %s: %s', (capture, name, reason) => {
    expect(reasonsOf(capture, name)).toEqual([reason]);
  });
});

test('devices have the shape that the tables give them', () => {
  const groups = shapesOf(machineOf('iort-named-k6.12'), kernel, defaultKconfig);
  const keys = groups.map(({ shape, devices }) => [
    shape === null ? null : shapeKey(shape),
    devices.length,
  ]);
  expect(keys).toEqual([
    [null, 35],
    ['platform iort arm,smmu-v3 0/1', 1],
    ['platform iort arm,smmu-v3 0/1,0/1', 1],
    // The host bridge's function, which no driver binds to.
    [null, 1],
    ['pci iort arm,smmu-v3 0/1', 6],
  ]);
});

test('a virtio-iommu is behind no IOMMU, and its clients are behind it', () => {
  const machine = machineOf('a64-acpi-viommu-plain-k6.12');
  const groups = shapesOf(machine, kernel, defaultKconfig);
  const viommu = groups.find(({ devices }) => devices.some(({ name }) => name === '0000:00:01.0'));
  expect(viommu?.reason).toBe('it is an IOMMU itself');
  const { iommus, devices } = inspect(machine, kernel, defaultKconfig);
  expect(iommus).toMatchObject([{ name: '0000:00:01.0', state: 'registered' }]);
  const itself = devices.find(({ name }) => name === '0000:00:01.0');
  expect(itself).toMatchObject({ outcome: 'direct', errno: -22 });
});

test('without a DSDT functions are behind their SMMU all the same', () => {
  const machine = machineOf('iort-partial-k7.3', { without: ['DSDT'] });
  expect(machine.notes).toEqual(['no DSDT: no platform devices, and host bridges are assumed']);
  const { devices } = inspect(machine, kernel, defaultKconfig);
  const translated = devices.filter(({ outcome }) => outcome === 'translated');
  expect(translated.map(({ name }) => name)).toEqual(['0000:00:01.0', '0000:00:02.0']);
});

test('a function that two nodes of VIOT name is one IOMMU, and both lead to it', () => {
  const iommu = joined([le8(3, 0), le16(16, 0, 8), zeros(8)]);
  const range = (bdf: number, output: number) =>
    joined([le8(1, 0), le16(24), le32(bdf), le16(0, 0, bdf, bdf, output), zeros(6)]);
  const body = [iommu, iommu, range(0x10, 0x30), range(0x18, 0x40)];
  const bytes = table('VIOT', le16(4, 48), zeros(8), ...body);
  const viommu = configSpace({ ids: [0x1af4, 0x1057], type: 9 });
  const pci = new Map([
    ['0000:00:01.0', viommu],
    ['0000:00:02.0', configSpace({ type: 9 })],
    ['0000:00:03.0', configSpace({ type: 9 })],
  ]);
  const machine = machineFromAcpi(readAcpi(bytes), pci);
  const { devices } = inspect(machine, kernel, defaultKconfig);
  const found = devices.map(({ name, iommus }) => [name, iommus.map((of) => of.iommu)]);
  expect(found).toEqual([
    ['0000:00:01.0', []],
    ['0000:00:02.0', ['0000:00:01.0']],
    ['0000:00:03.0', ['0000:00:01.0']],
  ]);
});

test.each([
  ['v6.12', false, [5, 6]],
  ['v6.12', true, null],
  ['v7.3', false, [5]],
  ['v7.3', true, [5]],
])(
  'on %s, with two drivers %j, a component behind two SMMUs has at the first %j',
  (of, mixed, ids) => {
    const other = mixed ? smmu() : edited(smmuV3(), 16, le64(0x0907_0000));
    const second = 0x30 + smmuV3().length;
    const to = (id: number, reference: number) => ({
      from: 0,
      count: 1,
      to: id,
      reference,
      flags: 1,
    });
    const component = named('\\_SB_.DEV0', { mappings: [to(5, 0x30), to(6, second)] });
    const dev0 = device('DEV0', name('_HID', text('ABCD0001')), name('_CCA', le8(1)));
    const acpi = readAcpi([
      { name: 'IORT', bytes: iort(smmuV3(), other, component) },
      { name: 'DSDT', bytes: table('DSDT', scope('\\_SB_', dev0)) },
    ]);
    const { devices, findings } = inspect(
      machineFromAcpi(acpi, new Map()),
      designOf(of),
      defaultKconfig,
    );
    const found = devices.find((one) => one.name === 'ABCD0001:00')?.iommus;
    expect(found?.map((at) => at.ids.map(({ id }) => id))).toEqual(ids === null ? [] : [ids]);
    const said = mixed ? 'behind SMMUs of two drivers' : 'behind two SMMUs';
    expect(findings.find(({ rule }) => rule === 'iort-nc-multi')?.message).toContain(said);
  },
);
