// What is known of a cause, by its bugs and where it was found.
import { expect, test } from 'vitest';
import type { ShapeBus } from '../../src/machine/index.ts';
import {
  type AskedShape,
  builtinShape,
  knownOf,
  type Oddity,
  odditiesOf,
  type Place,
  scenarioOf,
} from '../../src/scenarios/index.ts';

const claimed = 'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end';
const left = 'property:a-device-behind-an-IOMMU-is-not-left-without-it:end';

test('a cause is known by the bugs that hang on it', () => {
  expect(knownOf('v7.3', [claimed], '')).toMatchObject({
    status: 'real',
    reported: '',
    kernels: ['v6.15', null],
    anchor: expect.stringMatching(/^a-driver-that-binds-in-the-middle-of-the-walk/),
  });
});

test('what shows the same has another cause in another scenario', () => {
  const narrow = knownOf('v7.3', [claimed], '', { scenario: 'hotplug' });
  expect(narrow?.name).toBe('The walk claims a group in the name of the driver');
});

test('what a driver does wrong is not said of another', () => {
  const behind = (driver: string) =>
    knownOf('v7.3', [left], '', { scenario: 'two-clients', drivers: [driver] });
  expect(behind('mtk_iommu_v1')?.name).toBe('Clients of mtk_iommu_v1 never get their IOMMU');
  expect(behind('rockchip-iommu')).toBeNull();
});

test('nobody has judged a bug that no finding names, or a kernel with a patch of its own', () => {
  expect(knownOf('v7.3', ['warn:nowhere:nothing'], '')).toBeNull();
  expect(knownOf('v7.3 with a patch', [claimed], '')).toBeNull();
});

test('a finding that explains the lesser part of a cause is not its judgement', () => {
  const others = ['leak:a:b', 'leak:c:d'];
  expect(knownOf('v7.3', [claimed, ...others], '')).toBeNull();
  expect(knownOf('v7.3', [claimed, 'leak:a:b'], '')).not.toBeNull();
});

test('of two findings that explain as much, that of the bug which is easiest to reach counts', () => {
  const warning =
    'warn:__iommu_probe_device:late-IOMMU-probe-at-driver-bind,-something-fishy-here!';
  const place = { scenario: 'bind-iort', drivers: ['arm-smmu-v3'] };
  expect(knownOf('v7.3', [left, warning], '', place)?.name).toMatch(/^A device that ACPI/);
  expect(knownOf('v7.3', [warning, left], '', place)?.name).toMatch(/^"late IOMMU probe/);
});

test('what a bus does wrong counts more than what follows, and is not said of another', () => {
  const twice = 'null-deref:amba_dma_configure:drv';
  const warning =
    'warn:__iommu_probe_device:late-IOMMU-probe-at-driver-bind,-something-fishy-here!';
  const on = (bus: ShapeBus) =>
    knownOf('v7.3', [twice, warning], '', { scenario: 'cover-letter', bus })?.name;
  expect(on('amba')).toBe('A bus looks at the driver of a device twice');
  expect(on('platform')).toMatch(/^"late IOMMU probe/);
});

test('a cause is known by its name where a bug has several', () => {
  const lost = 'null-deref:of_iommu_configure:dev_iommu->fwspec';
  const behind = (cause: string) => knownOf('v6.7-rc1', [lost], cause)?.name;
  expect(behind('sets-after:dev->iommu:dev_iommu_get:CPU0:CPU1')).toMatch(/^Two make dev->iommu/);
  expect(behind('free:dev->iommu:dev_iommu_free:CPU1:CPU0')).toMatch(/^The race of the cover/);
});

test.each<[where: string, place: Place]>([
  ['behind a driver that is asked about', { drivers: ['arm-smmu-v3'] }],
  ['when nobody asks behind which', {}],
])('what a scenario contains is known in it, whichever client it befalls, %s', (_where, place) => {
  const freed = 'use-after-free:arm_smmu_attach_dev:dev_iommu';
  const on = (bug: string, scenario: string) =>
    knownOf('v6.1', [bug], '', { ...place, scenario })?.name;
  expect(on(freed, 'partial-fwspec')).toMatch(/^Two probe one device/);
  expect(on(freed, 'remove-add')).toBe(on(freed, 'partial-fwspec'));
  const lost = (dev: string) => `null-deref:arm_smmu_attach_dev:${dev}->iommu`;
  expect(on(lost('again'), 'remove-add')).toBe(on(lost('dev'), 'partial-fwspec'));
});

test('what is said of one driver is found by whoever asks about none', () => {
  const bug = 'leak:apple_dart_of_xlate:apple_dart_master_cfg';
  expect(knownOf('v7.3', [bug], '', { scenario: 'two-iommus' })?.name).toMatch(/^apple-dart loses/);
});

test('what ACPI makes of a device is not said where a devicetree describes it', () => {
  const part = 'property:a-device-gets-all-its-IOMMUs-and-IDs:end';
  const by = (firmware: 'iort' | 'devicetree') =>
    knownOf('v7.3', [part], '', { scenario: 'two-iommus', drivers: ['arm-smmu-v3'], firmware });
  expect(by('iort')?.name).toMatch(/^What ACPI says/);
  expect(by('devicetree')).toBeNull();
});

test('what is said of devices behind a bridge is said of no other', () => {
  const bug = 'property:a-device-gets-what-firmware-says:end';
  const named = (bridge: 'pcie-to-pci' | null) =>
    knownOf('v7.3', [bug], '', { scenario: 'two-clients', bridge, shapes: [] })?.name;
  expect(named('pcie-to-pci')).toMatch(/^Two behind one bridge/);
  expect(named(null)).toBeUndefined();
});

test('what is known of several IOMMUs is known of them in every scenario', () => {
  const bug = 'property:a-device-gets-what-firmware-says:end';
  const behind = (iommus: number) =>
    knownOf('v7.3', [bug], '', { scenario: 'rebind', bridge: null, iommus })?.name;
  expect(behind(2)).toMatch(/^IDs for two IOMMUs all end in the first/);
  expect(behind(1)).toBeUndefined();
});

test('what is said of an odd shape is said of no other, and of each of several IOMMUs the same', () => {
  const of = (shapes: Oddity[]) =>
    knownOf('v7.3', ['property:a-device-gets-what-firmware-says:end'], '', {
      scenario: 'cover-letter',
      drivers: ['arm-smmu'],
      shapes,
    })?.name;
  expect(of(['mmu-masters'])).toMatch(/^An SMMU that lists its masters/);
  expect(of([])).toBeUndefined();
  const place = { scenario: 'rebind', drivers: ['apple-dart'] };
  const kept = (dev: string) => knownOf('fwspec-v2', [`refcount:end:${dev}`], '', place)?.name;
  expect(kept('device-iommu-B')).toBe('Drivers keep the device of their IOMMU');
  expect(kept('device-client')).toBeUndefined();
});

test.each<[string, AskedShape, Oddity[]]>([
  ['nothing', {}, []],
  ['mmu-masters', { binding: 'mmu-masters' }, ['mmu-masters']],
  ['an ID twice', { ids: [[1, 1]] }, ['id-twice', 'two-ids']],
  ['three IDs', { ids: [[1, 2, 3]] }, ['two-ids', 'three-ids']],
  ['one ID at each of two', { ids: [[1], [1]] }, ['two-ids', 'two-iommus']],
  ['no cells', { cells: 0 }, ['no-cells']],
])('what is odd about a device: %s', (_what, asked, odd) => {
  const driver = 'binding' in asked ? 'arm-smmu' : null;
  const shape = builtinShape(scenarioOf('cover-letter'), driver, null, asked);
  expect(odditiesOf(shape)).toEqual(odd);
});
