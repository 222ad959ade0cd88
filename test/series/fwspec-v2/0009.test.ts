import { expect, test } from 'vitest';
import { EINVAL, IS_ERR, type Patched } from '../../../src/linux/index.ts';
import type { iommu_fwspec_alloc } from '../../../src/series/fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import type { iommu_fwspec_append_ids } from '../../../src/series/fwspec-v2/0009-iommu-Add-iommu_fwspec_append_ids.ts';
import { missing } from '../../linux/lab.ts';
import { inStep, one } from './lab.ts';

type Kernel = Patched<{
  readonly iommu_fwspec_alloc: typeof iommu_fwspec_alloc;
  readonly iommu_fwspec_append_ids: typeof iommu_fwspec_append_ids;
}>;

test('an ID can be appended to a fwspec that is in no device', () => {
  inStep(9, one, ({ k, run, client }) => {
    const kernel = k as Kernel;
    const fwspec = run(() => kernel.iommu_fwspec_alloc());
    if (IS_ERR(fwspec)) return missing();
    expect(run(() => kernel.iommu_fwspec_append_ids(fwspec, [7]))).toBe(0);
    expect([...fwspec.ids.value]).toEqual([7]);
    expect(client().iommu.value).toBeNull();
  });
});

test('iommu_fwspec_add_ids() still wants one in the device', () => {
  inStep(9, one, ({ k, run, client }) => {
    expect(run(() => k.iommu_fwspec_add_ids(client(), [7]))).toBe(-EINVAL);
  });
});
