import { expect, test } from 'vitest';
import { apply, EINVAL } from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { imbalances, inLab } from '../../linux/lab.ts';
import { configure, live, one } from './lab.ts';

/** A stream ID of 16 bits: the SMMU has 15. */
const outOfRange = { ...one, iommus: ['arm-smmu'], clients: [[[0, 0x8000]]] } as const;

test.each([
  [13, 1],
  [14, 0],
])(
  'after %i, arm-smmu frees the fwspec itself %i times when it does not take a device',
  (n, times) => {
    let calls = 0;
    const before = designOf(`fwspec-v2/${n}`);
    const { iommu_fwspec_free } = before.inlines as unknown as {
      readonly iommu_fwspec_free: (typeof before)['functions']['iommu_fwspec_free'];
    };
    const design = apply('spy', before, {
      subject: 'count',
      replaces: {
        *iommu_fwspec_free(k, dev) {
          calls++;
          yield* iommu_fwspec_free(k, dev);
        },
      },
    });
    inLab(
      outOfRange,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu());
        expect(configure(lab)).toBe(-EINVAL);
        expect(calls).toBe(times);
        // Somebody did: the core, if not the driver.
        expect(live(lab)).not.toContain('iommu_fwspec');
        expect(imbalances(lab)).toEqual([]);
      },
      { design },
    );
  },
);
