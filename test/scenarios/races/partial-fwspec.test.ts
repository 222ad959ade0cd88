// The second race that patch 11 names: probe_device() sees a half-built description.
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/explore/index.ts';
import { explored, fitting, kindsOf, subject } from './explored.ts';

const incomplete = /probe_device\(\) must see a complete description of dev, and sees (\d) of (\d)/;

/** How much of the description some probe_device() saw, and how much there is. */
function seen({ bugs }: Outcome): string[] {
  return bugs.flatMap(({ message }) => {
    const found = incomplete.exec(message);
    return found === null ? [] : [`${found[1]} of ${found[2]}`];
  });
}

// The first executions are enough: a bug that was found is a bug however long one goes on.
test.each([
  ['virtio-iommu', 2],
  ['arm-smmu-v3', 2],
  ['apple-dart', 2],
  ['exynos-sysmmu', 1],
] as const)('on v6.7-rc1 the walk of another IOMMU sees part of it: %s', (driver, all) => {
  const outcome = explored(subject('partial-fwspec', 'v6.7-rc1', driver), { maxExecutions: 600 });
  expect(seen(outcome).length).toBe(1);
  const [part = '', of = ''] = seen(outcome)[0]?.split(' of ') ?? [];
  expect(Number(of)).toBe(all);
  expect(Number(part)).toBeLessThan(all);
});

test('a fwspec that has no IDs is called so', () => {
  const outcome = explored(subject('partial-fwspec', 'v6.7-rc1', 'arm-smmu-v3'), {
    maxExecutions: 600,
  });
  const wrong = outcome.bugs.flatMap(
    ({ message }) => / with (.*) instead of /.exec(message)?.[1] ?? [],
  );
  expect(wrong).toContain('a fwspec without IDs');
  for (const text of wrong) expect(text).not.toMatch(/ID\(s\) *$/);
});

describe.each(fitting('partial-fwspec', 'v6.7'))('on v6.7, %s', (driver) => {
  const outcome = explored(subject('partial-fwspec', 'v6.7', driver));

  test('every execution is looked at, and all of it is seen in each', () => {
    expect(outcome.complete).toBe(true);
    expect(seen(outcome)).toEqual([]);
  });

  test('nothing crashes, leaks or waits', () => {
    const kinds = kindsOf(outcome);
    kinds.delete('property');
    expect([...kinds]).toEqual([]);
  });
});
