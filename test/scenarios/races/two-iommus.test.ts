// The replies to patch 6: a device behind two IOMMUs of which one registers late.
import { describe, expect, test } from 'vitest';
import type { Bug, Outcome } from '../../../src/explore/index.ts';
import { EINVAL } from '../../../src/linux/index.ts';
import { explored, kindsOf, subject } from './explored.ts';

function bugLike(outcome: Outcome, text: string): Bug | undefined {
  return outcome.bugs.find((bug) => `${bug.function}: ${bug.message}`.includes(text));
}

const leftDirect = 'is left without translation: it is in a group, but its DMA ops are direct';

/** Both kernels: the lock of v6.7 does not change what a second, late IOMMU does. */
function checkFacts(outcome: Outcome): void {
  test('the second IOMMU makes -EINVAL in iommu_fwspec_init(), with nothing to preempt', () => {
    const bug = bugLike(outcome, leftDirect);
    expect(bug?.preemptions).toBe(0);
    const errors = bug?.steps.filter(
      ({ function: name, op, value }) =>
        op === 'return' && name === 'iommu_fwspec_init' && value === String(-EINVAL),
    );
    expect(errors?.length).toBe(1);
    expect(errors?.[0]?.task).toBe(0);
  });

  test('the device is bound without translation before the second IOMMU is there', () => {
    const { steps = [] } = bugLike(outcome, leftDirect) ?? {};
    const binds = steps.findIndex(
      ({ task, function: name, op }) => task === 0 && name === 'driver_bound' && op === 'call',
    );
    const groups = steps.findIndex(
      ({ target, op }) => op === 'write' && target === 'dev->iommu_group',
    );
    expect(binds).toBeGreaterThanOrEqual(0);
    expect(groups).toBeGreaterThan(binds);
  });

  test('probe_device() then sees one of two', () => {
    expect(bugLike(outcome, 'probe_device() must see a complete description')?.message).toMatch(
      /sees 1 of 2 (IDs|IOMMUs)$/,
    );
  });
}

describe.each([
  'arm-smmu',
  'arm-smmu-v3',
  'virtio-iommu',
  'apple-dart',
  'exynos-sysmmu',
  'mtk_iommu',
  'ipmmu-vmsa',
] as const)('v6.7, %s', (driver) => {
  const outcome = explored(subject('two-iommus', 'v6.7', driver));

  checkFacts(outcome);

  test('every execution is looked at, and none crashes', () => {
    expect(outcome.complete).toBe(true);
    expect([...kindsOf(outcome)]).toEqual(['property']);
  });
});

describe.each(['arm-smmu-v3', 'apple-dart'] as const)('v6.7-rc1, %s', (driver) => {
  const outcome = explored(subject('two-iommus', 'v6.7-rc1', driver), { maxExecutions: 600 });

  checkFacts(outcome);

  test('a search that was cut short does not say that it is complete', () => {
    expect(outcome.complete).toBe(false);
    expect(outcome.executions).toBe(600);
  });
});

test('apple-dart ends with the DART that was there first, alone', () => {
  const outcome = explored(subject('two-iommus', 'v6.7', 'apple-dart'));
  expect(bugLike(outcome, 'a device gets all its IOMMUs and IDs')?.message).toBe(
    'dev ends with iommu A (0x1); a boot with no concurrency gives it iommu A (0x1) and iommu B (0x2)',
  );
});
