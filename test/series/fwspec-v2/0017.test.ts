import { expect, test } from 'vitest';
import { explore, type Task } from '../../../src/explore/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { imbalances, labIn } from '../../linux/lab.ts';
import { configure, inStep, live, one } from './lab.ts';

test.each([
  [16, false, []],
  [17, false, ['lockdep']],
  [17, true, []], // FSL_PAMU is known to do it
])('after %i, setting priv with no lock held (FSL_PAMU: %s) is told as %j', (n, pamu, kinds) => {
  const { bugs } = explore({
    name: 'set',
    setup(world) {
      const lab = labIn(world, one, {
        design: designOf(`fwspec-v2/${n}`),
        config: { CONFIG_FSL_PAMU: pamu },
      });
      lab.addAll();
      lab.bind(lab.iommu());
      lab.run<unknown>(() => lab.k.of_iommu_configure(lab.client(), lab.client().dma_node, null));
      function* body(): Task {
        yield* lab.k.dev_iommu_priv_set(lab.client(), null);
      }
      return { tasks: [{ name: 'set', body }] };
    },
  });
  expect(bugs.map(({ kind }) => kind).filter((kind) => kind === 'lockdep')).toEqual(kinds);
});

// The claim: what priv pointed to is never looked at between the driver's release and the core's.
test.each(['arm-smmu', 'apple-dart'] as const)(
  'a %s client is released without a trace',
  (driver) => {
    inStep(17, { ...one, iommus: [driver] }, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      configure(lab);
      expect(lab.client().iommu_group.value).not.toBeNull();
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      expect(lab.client().iommu.value).toBeNull();
      expect(live(lab)).toEqual([]);
      expect(imbalances(lab)).toEqual([]);
    });
  },
);
