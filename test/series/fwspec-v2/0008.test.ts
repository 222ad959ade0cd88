import { describe, expect, test } from 'vitest';
import { EINVAL, ENODEV, EPROBE_DEFER } from '../../../src/linux/index.ts';
import { idsOf, imbalances } from '../../linux/lab.ts';
import { configure, inStep, live, one, two } from './lab.ts';

const before = 7;
const after = 8;

test('a device that gets its IOMMU has its fwspec', () => {
  inStep(after, one, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    expect(configure(lab)).toBe(0);
    expect(idsOf(lab.client())).toEqual([7]);
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

describe('a parse that ends in an error frees what it has built', () => {
  test.each([
    ['no specifiers', { ...one, clients: [[]] }, 1, -ENODEV, []],
    ['an IOMMU that has not registered', one, 0, -EPROBE_DEFER, []],
    // of_xlate() of the first made dev->iommu.
    ['a second IOMMU that has not registered', two, 1, -EINVAL, ['dev_iommu']],
  ])('%s', (_name, plan, bound, answer, left) => {
    inStep(after, plan, (lab) => {
      lab.addAll();
      for (let i = 0; i < bound; i++) lab.bind(lab.iommu(i));
      const known = live(lab).length;
      expect(configure(lab)).toBe(answer);
      expect(live(lab).slice(known)).toEqual(left);
      expect(lab.client().iommu.value?.fwspec.value ?? null).toBeNull();
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

test.each([
  [before, true],
  [after, false],
])('after %i, a device that is configured a second time still has its fwspec: %s', (n, has) => {
  inStep(n, one, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    for (let i = 0; i < 2; i++) expect(configure(lab)).toBe(0);
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(lab.client().iommu.value?.fwspec.value !== null).toBe(has);
  });
});

test('what a driver keeps in priv outlives a parse that was given up', () => {
  inStep(after, { ...two, iommus: ['apple-dart', 'apple-dart'] }, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    expect(configure(lab)).toBe(-EINVAL);
    expect(lab.client().iommu.value?.priv.value).not.toBeNull();
    // ... which is all that apple-dart asks for: the next walk puts the device behind one DART.
    lab.run(() => lab.k.iommu_probe_device(lab.client()));
    expect(lab.client().iommu_group.value).not.toBeNull();
  });
});
