import { expect, test } from 'vitest';
import { designOf } from '../../../src/series/index.ts';
import { missing } from '../../linux/lab.ts';
import { inStep, one } from './lab.ts';

test.each([
  [12, true],
  [13, false],
])('after %i, others can store a fwspec: %s', (n, can) => {
  expect('dev_iommu_fwspec_set' in designOf(`fwspec-v2/${n}`).inlines).toBe(can);
});

test('iommu_fwspec_init() stores what it made all the same', () => {
  inStep(13, one, ({ k, run, addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu());
    const np = iommu().of_node ?? missing();
    expect(run(() => k.iommu_fwspec_init(client(), np, k.opsOf('virtio-iommu')))).toBe(0);
    expect(client().iommu.value?.fwspec.value?.iommu_fwnode.value).toBe(np);
  });
});
