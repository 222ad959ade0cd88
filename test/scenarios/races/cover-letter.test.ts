// The race of the cover letter: a client driver binds while the IOMMU of its device registers.
import { describe, expect, test } from 'vitest';
import type { Bug, TraceStep } from '../../../src/explore/index.ts';
import { explored, fitting, subject, summary } from './explored.ts';

/** The position of the first step after `from` that matches, or -1. */
function indexAfter(steps: readonly TraceStep[], from: number, like: Partial<TraceStep>): number {
  return steps.findIndex(
    (step, i) =>
      i > from &&
      Object.entries(like).every(([key, value]) => step[key as keyof TraceStep] === value),
  );
}

describe('v6.7-rc1', () => {
  const outcome = explored(subject('cover-letter', 'v6.7-rc1', 'virtio-iommu'));
  const diagram = outcome.bugs.find(
    (bug) => bug.kind === 'null-deref' && bug.function === 'iommu_fwspec_init',
  );

  test('every execution is looked at, and there are bugs', () => {
    expect(outcome.complete).toBe(true);
    expect(outcome.verdict).toBe('bug');
  });

  test('dev->iommu is NULL in iommu_fwspec_init() for one preemption', () => {
    expect(diagram?.object).toBe('dev->iommu');
    expect(diagram?.message).toBe('dev->iommu is NULL');
    expect(diagram?.preemptions).toBe(1);
    expect(diagram?.minimal).toBe(true);
  });

  test('one CPU gets it, the other frees it, the first dereferences it', () => {
    const { steps, at } = diagram as Bug;
    const got = indexAfter(steps, -1, {
      function: 'dev_iommu_get',
      op: 'write',
      target: 'dev->iommu',
    });
    const one = steps[got];
    expect(one?.value).toMatch(/^[A-Z]$/);
    const freed = indexAfter(steps, got, {
      function: 'dev_iommu_free',
      op: 'write',
      target: 'dev->iommu',
      value: 'NULL',
    });
    expect(freed).toBeGreaterThan(got);
    expect(steps[freed]?.task).toBe(1 - (one?.task ?? 0));
    const last = steps[at ?? -1];
    expect(last?.target).toMatch(/^dev->iommu->/);
    expect(last?.task).toBe(one?.task);
    expect(at).toBeGreaterThan(freed);
  });

  test('the crash comes about in two ways: what the CPU made is freed, or written over and then freed', () => {
    const crashes = outcome.causes.flatMap(({ witnesses }) =>
      witnesses.filter(({ id }) => id === diagram?.id),
    );
    expect(crashes.map(({ preemptions }) => preemptions)).toEqual([1, 2]);
    const stores = crashes.map(({ steps, tasks }) =>
      steps
        .filter(({ op, target }) => op === 'write' && target === 'dev->iommu')
        .map((step) => `${tasks[step.task]?.split('  ')[0]} ${step.function}`),
    );
    const got = 'dev_iommu_get';
    expect(stores).toEqual([
      [`CPU0 ${got}`, 'CPU1 dev_iommu_free'],
      [`CPU0 ${got}`, `CPU1 ${got}`, 'CPU1 dev_iommu_free'],
    ]);
  });

  test('the CPU that binds is the one that crashes', () => {
    const { steps, tasks, at } = diagram as Bug;
    expect(tasks.map((name) => name.split('  ')[0])).toEqual(['CPU0', 'CPU1']);
    expect(tasks[steps[at ?? -1]?.task ?? -1]).toContain('really_probe()');
  });

  test('the fwspec and dev->iommu are also used after they were freed, and lost', () => {
    for (const kind of ['use-after-free', 'leak']) {
      const objects = outcome.bugs.filter((bug) => bug.kind === kind).map(({ object }) => object);
      expect(objects).toContain('dev_iommu');
      expect(objects).toContain('iommu_fwspec');
    }
  });

  test('no lock is taken in the wrong order, twice, or for ever', () => {
    const kinds = ['deadlock', 'lockdep', 'lock-order'];
    expect(outcome.bugs.filter(({ kind }) => kinds.includes(kind))).toEqual([]);
  });
});

describe.each(fitting('cover-letter', 'v6.7'))('v6.7, %s', (driver) => {
  const outcome = explored(subject('cover-letter', 'v6.7', driver));

  test('every execution is looked at', () => {
    expect(outcome.complete).toBe(true);
  });

  test('dev->iommu and the fwspec are safe', () => {
    const kinds = ['null-deref', 'use-after-free', 'double-free', 'leak', 'refcount'];
    const about = /dev->iommu|dev_iommu|iommu_fwspec/;
    const broken = outcome.bugs.filter(
      ({ kind, object }) => kinds.includes(kind) && about.test(object),
    );
    expect(broken).toEqual([]);
  });

  test('no lock is taken in the wrong order, twice, or for ever', () => {
    const kinds = ['deadlock', 'lockdep', 'lock-order'];
    expect(outcome.bugs.filter(({ kind }) => kinds.includes(kind))).toEqual([]);
  });

  test('probe_device() sees a complete description or none', () => {
    expect(summary(outcome).filter((line) => line.endsWith('iommu_fwspec'))).toEqual([]);
  });
});

describe('what the lock of v6.7 does not mend', () => {
  test('SMMUv2 dereferences its instance, which is not bound during its own registration', () => {
    const bugs = summary(explored(subject('cover-letter', 'v6.7', 'arm-smmu')));
    expect(bugs).toContain('null-deref arm_smmu_probe_device smmu');
  });

  test.each(['arm-smmu-v3', 'virtio-iommu'] as const)(
    '%s refuses a device then, which ends without its IOMMU',
    (driver) => {
      const bugs = summary(explored(subject('cover-letter', 'v6.7', driver)));
      expect(bugs).toEqual(['property a device behind an IOMMU is not left without it end']);
    },
  );
});
