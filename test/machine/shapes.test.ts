// Which devices a scenario can happen to: those that a driver comes for, behind an IOMMU that one comes for.
import { expect, test } from 'vitest';
import { asCaptured, inspect, parseCapture, shapesOf } from '../../src/machine/index.ts';
import { nearestRelease } from '../../src/series/index.ts';
import { answersOf, captures, machineOf } from './packed-captures.ts';

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
  'dtb-plat-bus-k7.3': 'a000600.virtio_mmio',
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
