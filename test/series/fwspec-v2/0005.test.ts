import { describe, expect, test } from 'vitest';
import { EINVAL, type iommu_fwspec } from '../../../src/linux/index.ts';
import { idsOf, type Lab, missing, type Plan } from '../../linux/lab.ts';
import { inStep, live, one } from './lab.ts';

const before = 4;
const after = 5;

function withIds(...ids: readonly number[]): Plan {
  return { ...one, clients: [ids.map((id) => [0, id] as const)] };
}

function parse({ k, run, addAll, bind, iommu, client }: Lab): iommu_fwspec | null {
  addAll();
  bind(iommu());
  run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
  return client().iommu.value?.fwspec.value ?? null;
}

describe('the IDs of a device with', () => {
  // `ids = krealloc_array(...)` is the parameter that the loop below it reads from.
  test.each([
    [[7], [7]],
    [
      [7, 8],
      [0, 0],
    ],
    [
      [7, 8, 9],
      [0, 0, 0],
    ],
  ])('specifiers %j become %j', (ids, stored) => {
    inStep(before, withIds(...ids), (lab) => {
      parse(lab);
      expect(idsOf(lab.client())).toEqual(ids);
    });
    inStep(after, withIds(...ids), (lab) => {
      parse(lab);
      expect(idsOf(lab.client())).toEqual(stored);
    });
  });

  test('none become 0 when they come at once', () => {
    inStep(after, withIds(), ({ k, run, addAll, bind, iommu, client }) => {
      addAll();
      bind(iommu());
      const np = iommu().of_node ?? missing();
      run(() => k.iommu_fwspec_init(client(), np, k.opsOf('virtio-iommu')));
      expect(run(() => k.iommu_fwspec_add_ids(client(), [7, 8]))).toBe(0);
      expect(idsOf(client())).toEqual([0, 0]);
    });
  });
});

test.each([
  [before, true],
  [after, false],
])('after %i, a third ID moves the fwspec: %s', (n, moves) => {
  const fwspecs = inStep(n, withIds(7, 8, 9), (lab) => {
    parse(lab);
    return lab.world.heap.filter((object) => object.constructor.name === 'iommu_fwspec').length;
  });
  expect(fwspecs > 1).toBe(moves);
});

test.each([
  ['one ID', [7], []],
  ['two IDs', [7, 8], ['fwspec_ids']],
])('of a device with %s that goes away, %j, this is left: %j', (_name, ids, left) => {
  inStep(after, withIds(...ids), (lab) => {
    parse(lab);
    lab.run(() => lab.k.iommu_release_device(lab.client()));
    expect(live(lab)).toEqual(left);
  });
});

test('an SMMUv3 refuses a device that owns stream 0 twice', () => {
  const bound = (n: number): boolean =>
    inStep(n, { ...withIds(7, 8), iommus: ['arm-smmu-v3'] }, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      lab.bind(lab.client());
      return lab.client().iommu_group.value !== null;
    });
  expect(bound(before)).toBe(true);
  expect(bound(after)).toBe(false);
});

test('without a fwspec IDs cannot be added', () => {
  inStep(after, one, ({ k, run, client }) => {
    expect(run(() => k.iommu_fwspec_add_ids(client(), [7]))).toBe(-EINVAL);
  });
});
