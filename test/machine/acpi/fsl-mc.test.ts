// The management complex of a Layerscape, whose driver asks IORT by an ID of its own.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { explain, inspect, machineFromAcpi } from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { iort, type Mapping, named, smmuV3, table } from '../../firmware/acpi-builder.ts';
import { byte, device, name, text } from '../../firmware/aml-builder.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../trees.ts';

const range = (from: number, count = 1, flags = 0): Mapping => ({
  from,
  count,
  to: from,
  reference: 0x30,
  flags,
});

/** A machine with one object of that ID behind an SMMUv3. */
function machineWith(hid: string, ...mappings: readonly Mapping[]) {
  const object = device('MCE0', name('_HID', text(hid)), name('_CCA', byte(1)));
  const tables = [table('DSDT', object), iort(smmuV3(), named('\\MCE0', { mappings }))];
  const acpi = readAcpi(tables.map((bytes, i) => ({ name: `${i}`, bytes })));
  return machineFromAcpi(acpi, new Map());
}

function inspected(machine: ReturnType<typeof machineWith>, release = '6.12') {
  const { devices, findings, notes } = inspect(machine, nearestRelease(release), defaultKconfig);
  const found = devices.find(({ name }) => !name.startsWith('arm-smmu'));
  return { ...found, rules: findings.map(({ rule }) => rule), notes };
}

describe('a management complex', () => {
  test.each([
    ['the ID that it has as a rule', [range(0x17, 0x28), range(0x4000)], 0x4000],
    ['the first ID of what there is', [range(0x23, 4), range(0x4100)], 0x23],
    ['a single mapping, where there is one', [range(5, 1, 1), range(0x4000)], 5],
  ])('is behind its SMMU by %s', (_what, mappings, id) => {
    for (const release of ['6.1', '6.8', '6.12']) {
      const found = inspected(machineWith('NXP0008', ...mappings), release);
      expect(found).toMatchObject({
        outcome: 'translated',
        iommus: [{ iommu: 'arm-smmu-v3.0.auto', ids: [{ id, mask: 0 }] }],
      });
      const assumed = found.assumes?.some((text) => text.startsWith('mc-stream-id: '));
      expect(assumed).toBe(id !== 5);
      expect(found.rules).not.toContain('iort-nc-not-single');
    }
  });

  test('is asked about too late since v6.15, and that is said', () => {
    const machine = machineWith('NXP0008', range(0x4000));
    const why =
      'fsl_mc_bus asks IORT once more when it is bound, with an ID of its own; since v6.15 nothing probes the device after that';
    expect(inspected(machine, '7.3')).toMatchObject({ outcome: 'direct', reasons: [why] });
    const { steps } = explain(machine, 'NXP0008:00', nearestRelease('7.3'), defaultKconfig);
    expect(steps.find(({ failed }) => failed)?.text).toBe(why);
  });

  test('has children that are mentioned', () => {
    expect(inspected(machineWith('NXP0008', range(0x4000))).notes).toEqual([
      expect.stringMatching(/^NXP0008:00: the devices that fsl_mc_bus makes, dprc.1 /),
    ]);
  });
});

test('any other named component has no use for a range', () => {
  const found = inspected(machineWith('NXP0009', range(0x4000)));
  expect(found).toMatchObject({ outcome: 'direct', notes: [] });
  expect(found.rules).toContain('iort-nc-not-single');
});

test.each([
  ['fsl,qoriq-mc', 'fsl_mc_bus makes, dprc.1'],
  ['nvidia,tegra234-gpcdma', 'a channel of DMA, known by its number'],
  ['a,bus', 'what its driver makes on a bus of its own'],
])('in a devicetree a map of %s says that there are devices that are not shown', (of, what) => {
  const props = [compatible(of), reg64(0x9000), prop('iommu-map', be32(0, 1, 0, 4))];
  const smmu = node('iommu@1000', [compatible('arm,smmu-v3'), reg64(0x1000), phandle(1)]);
  const { notes } = machineOf([smmu, node('bus@9000', props)]);
  expect(notes).toEqual([expect.stringContaining(what)]);
  expect(notes[0]).toContain('/bus@9000');
});
