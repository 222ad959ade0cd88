import { expect, test } from 'vitest';
import { type DriverName, iommuDrivers } from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { idsOf, type Plan } from '../../linux/lab.ts';
import { configure, inStep, one } from './lab.ts';

const converted: readonly DriverName[] = ['arm-smmu', 'arm-smmu-v3', 'virtio-iommu'];

test('three drivers have the new callback, and the old one no more', () => {
  const { drivers } = designOf('fwspec-v2/15');
  for (const { name } of iommuDrivers) {
    const had = designOf('fwspec-v2/14').drivers[name]?.of_xlate !== undefined;
    const ops = drivers[name];
    if (ops === undefined) continue; // it came later
    expect([name, ops.of_xlate_fwspec !== undefined]).toEqual([name, converted.includes(name)]);
    if (had) expect([name, ops.of_xlate !== undefined]).toEqual([name, !converted.includes(name)]);
  }
});

test.each([
  ['arm-smmu', 7],
  ['arm-smmu-v3', 7],
  ['virtio-iommu', 7],
] as const)('%s gets the same ID as before', (driver, id) => {
  for (const n of [14, 15]) {
    inStep(n, { ...one, iommus: [driver] }, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      configure(lab);
      expect(idsOf(lab.client())).toEqual([id]);
    });
  }
});

test('a specifier without an ID stands for some ID, as before', () => {
  for (const n of [14, 15]) {
    inStep(n, { iommus: ['arm-smmu-v3'], cells: 0, clients: [[[0]]] }, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      configure(lab);
      expect(idsOf(lab.client())).toHaveLength(1);
    });
  }
});

test('arm-smmu puts the mask in the upper half, as before', () => {
  const masked: Plan = { iommus: ['arm-smmu'], cells: 2, clients: [[[0, 7, 0x10]]] };
  inStep(15, masked, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    configure(lab);
    expect(idsOf(lab.client())).toEqual([0x10_0007]);
  });
});

test.each([
  [14, false],
  [15, true],
])('after %i, a device that is configured again keeps its fwspec: %s', (n, keeps) => {
  inStep(n, { ...one, iommus: ['arm-smmu-v3'] }, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    configure(lab);
    configure(lab);
    expect(lab.client().iommu.value?.fwspec.value !== null).toBe(keeps);
  });
});
