import { expect, test } from 'vitest';
import { EINVAL, EPROBE_DEFER } from '../../../src/linux/index.ts';
import { imbalances, missing } from '../../linux/lab.ts';
import { configure, inStep, live, one, two } from './lab.ts';

const before = 5;
const after = 6;

test.each([
  [before, true],
  [after, false],
])('after %i, a device that waits has a placeholder fwspec: %s', (n, placeholder) => {
  inStep(n, one, (lab) => {
    lab.addAll();
    expect(configure(lab)).toBe(-EPROBE_DEFER);
    const { value: param } = lab.client().iommu;
    expect(param?.fwspec.value !== null).toBe(placeholder);
    expect(imbalances(lab)).toEqual([]);
  });
});

test.each([before, after])('after %i, a second IOMMU that has not registered is -EINVAL', (n) => {
  inStep(n, two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    expect(configure(lab)).toBe(-EINVAL);
  });
});

test('an IOMMU that registers between the two looks for it leaves a device without IDs for good', () => {
  inStep(after, one, (lab) => {
    const { k, run, addAll, bind, iommu, client } = lab;
    addAll();
    bind(iommu());
    const np = iommu().of_node ?? missing();
    // What of_iommu_xlate() does when its own look came too early; it then defers.
    expect(run(() => k.iommu_fwspec_init(client(), np, null))).toBe(0);
    expect(client().iommu.value?.fwspec.value?.ops.value).toBe(k.opsOf('virtio-iommu'));
    expect(configure(lab)).toBe(0);
    expect(client().iommu_group.value).toBeNull();
  });
});

test('iommu_fwspec_free() leaves dev->iommu, and can be called again', () => {
  inStep(after, one, (lab) => {
    const { k, run, addAll, bind, iommu, client } = lab;
    addAll();
    bind(iommu());
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    for (let i = 0; i < 2; i++) run(() => k.iommu_fwspec_free(client()));
    expect(client().iommu.value?.fwspec.value).toBeNull();
    expect(live(lab)).toEqual(['dev_iommu']);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('iommu_fwspec_free() of a device without dev->iommu does nothing', () => {
  inStep(after, one, ({ k, run, client }) => {
    run(() => k.iommu_fwspec_free(client()));
    expect(client().iommu.value).toBeNull();
  });
});
