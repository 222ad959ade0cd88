import { expect, test } from 'vitest';
import type { Patched } from '../../../src/linux/index.ts';
import { ENODEV, type errno, IS_ERR, type iommu_fwspec } from '../../../src/linux/index.ts';
import type { iommu_fwspec_alloc } from '../../../src/series/fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import type { TakesFwspec } from '../../../src/series/fwspec-v2/0007-iommu-Add-iommu_probe_device_fwspec.ts';
import { Sequence } from '../../../src/util/index.ts';
import { idsOf, imbalances, type Lab, missing } from '../../linux/lab.ts';
import { inStep, live, one } from './lab.ts';

type Kernel = TakesFwspec & Patched<{ readonly iommu_fwspec_alloc: typeof iommu_fwspec_alloc }>;

const kernelOf = ({ k }: Lab): Kernel => k as Kernel;

/** A fwspec for the IOMMU, in no device. */
function ownFwspec(lab: Lab, id: number): iommu_fwspec {
  const { k, run, iommu } = lab;
  const fwspec = run(() => kernelOf(lab).iommu_fwspec_alloc());
  if (IS_ERR(fwspec)) return missing();
  fwspec.ops.value = k.opsOf('virtio-iommu');
  const np = iommu().of_node ?? missing();
  run(() => k.of_node_get(np));
  fwspec.iommu_fwnode.value = np;
  fwspec.ids.value = Sequence.of([id]);
  fwspec.num_ids.value = 1;
  return fwspec;
}

function probe(lab: Lab, fwspec: iommu_fwspec | null): errno {
  return lab.run(() => kernelOf(lab).iommu_probe_device_fwspec(lab.client(), fwspec));
}

function ready(lab: Lab): void {
  lab.addAll();
  lab.bind(lab.iommu());
}

test('the fwspec is installed in the place of another, which is freed', () => {
  inStep(7, one, (lab) => {
    ready(lab);
    lab.run(() => lab.k.parseIommus(lab.client(), lab.client().dma_node ?? missing(), null));
    expect(probe(lab, ownFwspec(lab, 9))).toBe(0);
    expect(idsOf(lab.client())).toEqual([9]);
    expect(live(lab).filter((name) => name === 'iommu_fwspec').length).toBe(1);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a device in a group keeps its own; the other is freed', () => {
  inStep(7, one, (lab) => {
    ready(lab);
    expect(probe(lab, ownFwspec(lab, 7))).toBe(0);
    expect(probe(lab, ownFwspec(lab, 9))).toBe(0);
    expect(idsOf(lab.client())).toEqual([7]);
    expect(live(lab).filter((name) => name === 'iommu_fwspec').length).toBe(1);
  });
});

test('when the driver does not take the device the fwspec is freed', () => {
  inStep(7, one, (lab) => {
    lab.addAll(); // no instance to be found
    expect(probe(lab, ownFwspec(lab, 7))).toBe(-ENODEV);
    expect(live(lab)).toEqual([]);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a fwspec that names no driver is forgotten where the bus has none either', () => {
  inStep(7, one, (lab) => {
    lab.addAll();
    const fwspec = lab.run(() => kernelOf(lab).iommu_fwspec_alloc());
    expect(probe(lab, IS_ERR(fwspec) ? missing() : fwspec)).toBe(-ENODEV);
    expect(live(lab)).toEqual(['iommu_fwspec']);
  });
});

test.each([
  [6, -ENODEV],
  [7, 0],
])('after %i, a device with a fwspec on a bus that no IOMMU driver serves: %i', (n, answer) => {
  inStep(n, one, (lab) => {
    ready(lab);
    lab.run(() => lab.k.parseIommus(lab.client(), lab.client().dma_node ?? missing(), null));
    lab.client().bus.iommu_ops.value = null;
    expect(lab.run(() => lab.k.iommu_probe_device(lab.client()))).toBe(answer);
  });
});
