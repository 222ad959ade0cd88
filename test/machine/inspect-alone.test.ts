// What `inspect` says when it knows a machine's firmware, its configuration space and the command
// line of its kernel, and nothing of its modules, its registers or the time.
import { expect, test } from 'vitest';
import { compareWith, type Verification } from '../../src/machine/capture/verify.ts';
import { asTold, inspect, kconfigFor, parseCapture } from '../../src/machine/index.ts';
import { nearestRelease } from '../../src/series/index.ts';
import { answersOf, captures, machineOf } from './capture/packed-captures.ts';

/** Captures whose kernel decided something else, and what it depended on. */
const dependent: readonly (readonly [captures: RegExp, on: string])[] = [
  [/^a64-(?:acpi|dt)-smmu-p2p-k6/, 'the order in which drivers of PCI devices were loaded'],
  [/^a64-(?:acpi|dt)-viommu-k6\.1$/, 'a kernel without virtio-iommu'],
  [/viommu-never/, 'a virtio-iommu driver that was never loaded'],
  [/^a64-(?:dt-viommu-expired-late|acpi-viommu-expired-late-k7)/, 'the time when it was loaded'],
  [/^dtb-late-smmu-(?:k6|timeout)/, 'the time when a regulator came'],
  [
    /^dtb-(?:suppliers|powerdomain|(?:postinit|smmu)-clock|rockchip|three-iommus)-/,
    'which drivers of suppliers never came',
  ],
  [/^dtb-(?:unknown-iommu-timeout3|timeout-log)/, 'how long the machine had been up'],
  [/^dtb-plat-pci-sameid-k6/, 'which of two devices with one StreamID had its driver first'],
  [/^dtb-v2-plain-k7\.3$/, 'the number of context banks'],
  [/^dtb-linked-clients-/, 'the number of stream maps, and which suppliers never came'],
  [/^dtb-pci-ram-k6/, 'a driver that takes any function, such as pci-stub'],
  [/^dtb-v3-probefail/, 'ID registers'],
];

/** The comparison of devices that a driver was offered to, as far as `inspect` shows them. */
function compared(name: string): Verification {
  const capture = parseCapture(answersOf(name));
  const described = machineOf(name);
  const asked = { kconfig: {}, cmdline: capture.cmdline };
  const config = kconfigFor(described, asked);
  const machine = asTold(described, capture.cmdline, config);
  const devices = capture.devices
    .filter(({ driver, group, deferred }) => driver !== null || group !== null || deferred)
    .map((device) => ({ ...device, calls: new Map() }));
  const inspection = inspect(machine, nearestRelease(capture.release), config);
  return compareWith(inspection, new Map(), { ...capture, devices });
}

const verdicts = new Map(captures.map((name) => [name, compared(name)]));

test.each(captures.filter((name) => !dependent.some(([which]) => which.test(name))))(
  '%s',
  (name) => {
    expect(verdicts.get(name)?.disagree).toEqual([]);
  },
);

test.each(dependent.map(([which, on]) => [on, which] as const))('%s matters', (_on, which) => {
  const names = captures.filter((name) => which.test(name));
  expect(names).not.toEqual([]);
  for (const name of names) expect([name, verdicts.get(name)?.disagree]).not.toEqual([name, []]);
});
