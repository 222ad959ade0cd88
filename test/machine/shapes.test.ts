// Which devices a scenario can happen to: those that a driver comes for, behind an IOMMU that one comes for.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../src/linux/index.ts';
import { asCaptured, inspect, parseCapture, shapesOf, shapeText } from '../../src/machine/index.ts';
import { designOf, nearestRelease } from '../../src/series/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
import { answersOf, captures, machineOf } from './capture/packed-captures.ts';
import { compatible, phandle, reg64, machineOf as treeOf } from './trees.ts';

const asked = { kconfig: {}, cmdline: null };

/** Of a captured machine: the devices of each shape, and why others have none. */
function shapesIn(name: string) {
  const capture = parseCapture(answersOf(name));
  const design = nearestRelease(capture.release);
  const { machine, config, options } = asCaptured(machineOf(name), capture, design, asked);
  const groups = shapesOf(machine, design, config, options);
  const namesOf = ({ devices }: (typeof groups)[number]): string[] =>
    devices.map((device) => device.name);
  return {
    shown: groups.flatMap(({ shape }) => shape?.name ?? []),
    members: groups.flatMap((group) => (group.shape === null ? [] : namesOf(group))),
    reasonOf: (device: string) =>
      groups.find((group) => namesOf(group).includes(device))?.reason ?? null,
    /** Drivers come for these, and are not bound in the end. */
    waiting: new Set(
      inspect(machine, design, config, options)
        .devices.filter(({ outcome }) => outcome === 'deferred' || outcome === 'failed')
        .map((device) => device.name),
    ),
  };
}

test.each<[capture: string, device: string, reason: RegExp]>([
  ['a64-dt-smmu-rp-k7.3', '0000:00:00.0', /^no driver binds to it$/],
  ['a64-acpi-smmu-rp-k7.3', '0000:00:00.0', /^no driver binds to it$/],
  ['x86-vtd-p2p-k7.3', '0000:00:1f.3', /^no driver binds to it$/],
  // pcieport matches a conventional bridge, and refuses it.
  ['x86-vtd-p2p-k7.3', '0000:02:00.0', /^its driver does not take it$/],
  // The driver of its IOMMU is a module that nobody loads.
  ['a64-acpi-viommu-never-k7.3', '0000:00:02.0', /^no driver .* binds to its IOMMU/],
  ['a64-dt-viommu-never-k7.3', '0000:00:02.0', /^no driver .* binds to its IOMMU/],
  ['dtb-smmu-disabled-k7.3', '0000:00:02.0', /^its IOMMU .* is disabled$/],
])('%s: nothing can happen to %s', (name, device, reason) => {
  const found = shapesIn(name);
  expect(found.reasonOf(device)).toMatch(reason);
  expect(found.members).not.toContain(device);
});

test.each<[capture: string, shown: string, members: string[]]>([
  [
    'a64-dt-smmu-rp-k7.3',
    '0000:00:02.0',
    // Root ports have pcieport.
    ['0000:00:02.1', '0000:00:03.0', '0000:01:00.0', '0000:02:00.0', '0000:03:00.0'],
  ],
  ['a64-acpi-smmu-rp-k7.3', '0000:00:02.0', ['0000:01:00.0', '0000:02:00.0', '0000:03:00.0']],
  ['x86-vtd-p2p-k7.3', '0000:00:05.0', ['0000:00:06.0', '0000:00:1f.2', '0000:03:03.0']],
])('%s: a shape is shown by %s, which has a driver', (name, shown, members) => {
  const found = shapesIn(name);
  expect(found.shown).toContain(shown);
  for (const member of members) expect(found.members).toContain(member);
});

/** Their driver came, and gave up on its own: for want of a device behind them, or of DMA at all. */
const gaveUp: Readonly<Record<string, string>> = {
  'dsdt-cca0-pci-k7.3': 'LNRO0005:03',
  'dsdt-cca0-plat-k7.3': 'LNRO0005:03',
  'dsdt-control-k7.3': 'LNRO0005:03',
  'dsdt-nocca-pci-k7.3': 'LNRO0005:03 0000:00:02.0 0000:01:00.0',
  'dtb-linked-clients-k7.3': 'a001a00.virtio_mmio a001800.virtio_mmio',
  'dtb-plat-bus-k7.3': 'a000600.virtio_mmio',
  'dtb-rockchip-clocks-k7.3': 'a001a00.virtio_mmio',
  'dtb-suppliers-k7.3': 'a003e00.virtio_mmio',
  'x86-amdvi-multi-k7.3': '0000:01:00.3',
  'x86-amdvi-pxb-bypass-k7.3': '0000:81:00.0',
  'x86-amdvi-pxb-k7.3': '0000:81:00.0',
  'x86-amdvi-rp-k7.3': '0000:02:00.0',
};

test('what a kernel did not bind is in no shape, where it did not wait and no driver gave up', () => {
  const strangers = captures
    .filter((name) => name.endsWith('-k7.3'))
    .flatMap((name) => {
      const { devices } = parseCapture(answersOf(name));
      const unbound = devices
        .filter(({ driver, deferred }) => driver === null && deferred !== true)
        .map((device) => device.name);
      const { members, waiting } = shapesIn(name);
      const found = members.filter((of) => unbound.includes(of) && !waiting.has(of));
      return found.length === 0 ? [] : [[name, found.join(' ')]];
    });
  expect(Object.fromEntries(strangers)).toEqual(gaveUp);
});

test.each<[capture: string, device: string, shape: RegExp]>([
  ['a64-dt-smmu-lazy-k6.12', '0000:00:02.0', /^pci, 2 functions in one group, ID \w+ at \S+$/],
  [
    'a64-dt-smmu-p2p-k6.1',
    '0000:01:01.0',
    /^pci, 2 functions in one group, behind an alias bridge, IDs \w+ and \w+ at \S+$/,
  ],
  ['x86-amdvi-multi-k6.1', '0000:00:03.0', /^pci in ivrs, 2 functions in one group$/],
  ['x86-viommu-multi-k6.12', '0000:00:03.0', /^pci in viot, 2 functions in one group, ID \w+ at/],
  ['dtb-plat-dup-id-k6.1', 'a000000.virtio_mmio', /^platform, IDs (\w+) and \1 at \S+$/],
])('%s: %s has the shape that its place gives it', (name, device, wanted) => {
  const capture = parseCapture(answersOf(name));
  const design = nearestRelease(capture.release);
  const { machine, config, options } = asCaptured(machineOf(name), capture, design, asked);
  const group = shapesOf(machine, design, config, options).find(({ devices }) =>
    devices.some((of) => of.name === device),
  );
  expect(group?.shape == null ? group?.reason : shapeText(group.shape)).toMatch(wanted);
});

test('an SMMU that lists its masters gives them a shape where the kernel has the binding', () => {
  const machine = treeOf([
    node('smmu@1000', [
      compatible('arm,mmu-401'),
      reg64(0x1000),
      prop('#global-interrupts', be32(0)),
      prop('interrupts', be32(0)),
      prop('mmu-masters', be32(1, 7, 8)),
    ]),
    node('dev@2000', [
      compatible('test,client'),
      reg64(0x2000),
      phandle(1),
      prop('#stream-id-cells', be32(2)),
    ]),
  ]);
  const shapeWith = (CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: boolean): (string | null)[] =>
    shapesOf(machine, designOf('v6.12'), {
      ...defaultKconfig,
      CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS,
    }).map(({ shape }) => (shape === null ? null : shapeText(shape)));
  expect(shapeWith(true)).toContain(
    'platform, listed in mmu-masters, IDs 0x7 and 0x8 at 1000.smmu',
  );
  expect(shapeWith(false).filter((text) => text !== null)).toEqual([]);
});

test.each<[string, string, RegExp]>([
  ['renesas,r8a77965', 'mmc@ee100000', /^platform, ID 0x1 at/],
  ['renesas,r8a77965', 'usb@ee080000', /devices_allowlist/],
  ['renesas,r8a774a1', 'mmc@ee100000', /soc_denylist/],
])('on %s what its IOMMU driver leaves out is in no shape: %s', (soc, name, wanted) => {
  const address = Number.parseInt(name.slice(4), 16);
  const machine = treeOf(
    [
      node('iommu@1000', [
        compatible('renesas,ipmmu-vmsa'),
        reg64(0x1000),
        phandle(1),
        prop('#iommu-cells', be32(1)),
      ]),
      node(name, [compatible('x'), reg64(address), prop('iommus', be32(1, 1))]),
    ],
    {},
    [compatible(soc)],
  );
  const groups = shapesOf(machine, designOf('v7.3'), defaultKconfig);
  const group = groups.find(({ devices }) => devices.some((of) => of.name.startsWith('ee')));
  expect(group?.shape == null ? group?.reason : shapeText(group.shape)).toMatch(wanted);
});
