// What is wrong with the firmware of captured machines: QEMU's own, and what was made wrong.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { captures, machineOf } from '../capture/packed-captures.ts';

/** Rules about tables, and the machines whose tables break them. */
const broken: Readonly<Record<string, readonly RegExp[]>> = {
  'dmar-drhd-base': [/^x86-dmar-(badbase0|dup)$/],
  // Units for some devices only, and buses of QEMU that bypass them.
  'dmar-include-all-order': [
    /^x86-dmar-(none|path2|path2-bus)$/,
    /^x86-vtd-(defbypass-pxb|pxb-bypass)$/,
  ],
  'dmar-rmrr-lock': [/^x86-dmar-rmrr$/],
  // Endpoint scopes that name root ports.
  'dmar-scope-type': [/^x86-dmar-(dup|explicit|ones)$/],
  'dmar-units': [/^x86-dmar-empty$/],
  // What the namespace says, or the root complex, was changed.
  'iort-cca': [/^dsdt-cca0-/, /^iort-rc-noncoherent$/],
  'iort-map-overlap': [/^iort-overlap$/],
  'iort-nc-name': [/^iort-named-badname$/],
  'iort-nc-not-single': [/^dsdt-/, /^iort-named$/],
  // QEMU 7.2 writes the count of IDs itself, where there are several ranges.
  'iort-off-by-one': [/^a64-acpi-smmu-/, /^iort-boundary$/],
  'iort-pmcg': [/^iort-pmcg$/],
  // Buses that bypass the SMMU.
  'iort-rc-no-smmu': [/^a64-acpi-smmu-/, /^a64-acpi-smmu2x/, /^iort-/],
  'iort-rc-single': [/^iort-single-flag-rc$/],
  'iort-ref-null': [/^iort-badref-zero$/],
  // Functions on buses that are not there would have the IDs of what the namespace has.
  'iort-sid-collision': [/^iort-named-sameid$/, /^iort-single-flag-rc$/, /^dsdt-absent-parent$/],
  'iort-segment-unknown': [/^iort-rc-seg1-only$/],
  // Its last range ends before functions that are there.
  'ivrs-last-id': [/^x86-ivrs-range$/],
  // It names an IOAPIC behind that end, too; v7.3 wrote there and came up.
  'ivrs-outside': [/^x86-ivrs-range$/],
  'viot-iort-both': [/^a64-acpi-viommu/],
  'viot-self': [/^a64-acpi-viommu/, /^x86-viommu/],
};

const tables = ['IORT', 'VIOT', 'DMAR', 'IVRS', 'MCFG'];
const withTables = captures.filter((name) => !/^(a64-dt|dtb)-/.test(name));

test.each(withTables)('%s', (name) => {
  const kernel = nearestRelease(name.replace(/^.*-k/, ''));
  const { findings } = inspect(machineOf(name), kernel, defaultKconfig);
  const machine = name.replace(/-k[\d.]+$/, '');
  const found = findings.filter(({ node }) => tables.includes(node)).map(({ rule }) => rule);
  const unexpected = found.filter((rule) => !broken[rule]?.some((of) => of.test(machine)));
  expect(unexpected).toEqual([]);
  for (const [rule, machines] of Object.entries(broken)) {
    if (machines.length === 1 && machines.some((of) => of.test(machine) && /\$$/.test(of.source)))
      expect(found).toContain(rule);
  }
});
