import { describe, expect, test } from 'vitest';
import { explore, type Task } from '../../../src/explore/index.ts';
import type { kernel } from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { labIn, missing, type Plan } from '../../linux/lab.ts';
import { explored, subject } from '../../scenarios/races/explored.ts';
import { one } from './lab.ts';

const dart: Plan = { ...one, iommus: ['apple-dart'] };

/** What lockdep says of a task that calls something with the IOMMU registered and no lock held. */
function lockdepOf(n: number, call: (k: kernel, lab: ReturnType<typeof labIn>) => Task<unknown>) {
  const outcome = explore({
    name: 'call',
    setup(world) {
      const lab = labIn(world, dart, { design: designOf(`fwspec-v2/${n}`) });
      lab.addAll();
      lab.bind(lab.iommu());
      return { tasks: [{ name: 'call', body: () => call(lab.k, lab) }] };
    },
  });
  return outcome.bugs.filter(({ kind }) => kind === 'lockdep').length;
}

describe('lockdep asks for the probe lock in', () => {
  test.each([
    [10, 0],
    [11, 1],
  ])('iommu_fwspec_init(): after %i, %i complaints', (n, complaints) => {
    expect(
      lockdepOf(n, function* (k, { client, iommu }) {
        yield* k.iommu_fwspec_init(client(), iommu().of_node ?? missing(), k.opsOf('apple-dart'));
      }),
    ).toBe(complaints);
  });

  test.each([
    [10, 0],
    [11, 1],
  ])('iommu_fwspec_add_ids(): after %i, %i complaints', (n, complaints) => {
    expect(
      lockdepOf(n, function* (k, { client }) {
        yield* k.iommu_fwspec_add_ids(client(), [7]);
      }),
    ).toBe(complaints);
  });

  test('nothing that of_iommu_configure() calls without it', () => {
    expect(
      lockdepOf(11, function* (k, { client }) {
        yield* k.of_iommu_configure(client(), client().dma_node, null);
      }),
    ).toBe(0);
  });
});

// arm-smmu-v3 takes a fwspec, apple-dart keeps its own state in priv.
describe.each(['arm-smmu-v3', 'apple-dart'] as const)(
  'the race of the cover letter, %s',
  (driver) => {
    const crashes = ['null-deref', 'use-after-free', 'double-free'];
    const [before, after] = [10, 11].map((n) =>
      explored(subject('cover-letter', `fwspec-v2/${n}`, driver), { maxExecutions: 300 }),
    );

    test('crashes with patch 10', () => {
      expect(before?.bugs.some(({ kind }) => crashes.includes(kind))).toBe(true);
    });

    test('crashes nothing with patch 11', () => {
      expect(after?.complete).toBe(true);
      expect(after?.bugs.filter(({ kind }) => crashes.includes(kind))).toEqual([]);
    });
  },
);
