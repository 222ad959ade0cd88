// One thing after the other on one side: what the first leaves behind is there for the second.
import { describe, expect, test } from 'vitest';
import { builtinShape, scenarioOf, unfit } from '../../../src/scenarios/index.ts';
import { explored, subject, summary } from './explored.ts';

const stopped = 'property a client does not stop an IOMMU from registering end';

describe('refused-client', () => {
  test.each(['v6.1', 'v6.12'] as const)(
    'on %s a client that is refused in the walk of another IOMMU takes that with it',
    (kernel) => {
      const outcome = explored(subject('refused-client', kernel));
      expect(outcome.complete).toBe(true);
      expect(summary(outcome)).toContain(stopped);
      const bug = outcome.bugs.find(({ function: name }) => name.includes('does not stop'));
      expect(bug?.preemptions).toBe(1);
      expect(bug?.message).toBe('iommu is there, and has not registered');
    },
  );

  test.each(['v6.15', 'v7.3'])('on %s no IOMMU registers that refuses a device', (kernel) => {
    const of = subject('refused-client', kernel);
    const outcome = explored(of, { maxExecutions: 20 });
    const [bug] = outcome.bugs.filter(({ function: name }) => name.includes('does not stop'));
    expect(bug?.message).toBe('other is there, and has not registered');
    expect(bug?.preemptions).toBe(0);
  });

  test('with a fwspec of its own each client is refused by itself', () => {
    expect(explored(subject('refused-client', 'fwspec-v2')).verdict).toBe('clean');
  });

  test.each(['iort', 'viot'] as const)('by ACPI as well: %s', (firmware) => {
    const outcome = explored(subject('refused-client', 'v6.12', null, firmware));
    expect(summary(outcome)).toContain(stopped);
  });

  test('a driver that takes every ID refuses nobody', () => {
    const scenario = scenarioOf('refused-client');
    expect(unfit(scenario, builtinShape(scenario, 'apple-dart'))).toMatch(/takes every ID/);
    expect(scenario.unfit(builtinShape(scenario, 'intel-iommu'))).toMatch(/takes every ID/);
  });
});

describe('add-bind', () => {
  const unclaimed = 'property every bound driver has claimed the group of its device, once end';

  test.each(['v6.7-rc1', 'v6.16'])('on %s a driver takes what is still being added', (kernel) => {
    const { bugs } = explored(subject('add-bind', kernel), { maxExecutions: 400 });
    expect(bugs.length).toBeGreaterThan(0);
    expect(Math.min(...bugs.map(({ preemptions }) => preemptions))).toBe(1);
  });

  test('whatever describes it: with VT-d no firmware is read', () => {
    expect(summary(explored(subject('add-bind', 'v6.8', null, 'dmar')))).toContain(unclaimed);
  });

  test.each(['v6.1', 'v6.12', 'v7.3'])('on %s it waits until the device is ready', (kernel) => {
    for (const firmware of ['devicetree', 'iort', 'dmar'] as const) {
      const outcome = explored(subject('add-bind', kernel, null, firmware));
      expect(outcome.complete).toBe(true);
      expect(outcome.verdict).toBe('clean');
    }
  });
});

describe('remove-add', () => {
  const outcome = explored(subject('remove-add', 'v6.7'));

  test('the device that is made anew ends behind the IOMMU, with the IDs of the old one', () => {
    expect(outcome.complete).toBe(true);
    const names = outcome.bugs.map(({ function: name }) => name);
    expect(names).not.toContain('the device ends behind its IOMMU');
    expect(names.filter((name) => name.startsWith('a device behind an IOMMU is not left'))).toEqual(
      [],
    );
  });

  test('the walk may still be at work on the old one', () => {
    expect(summary(outcome)).toContain('double-free dev_iommu_free iommu_fwspec');
  });
});

describe('rebind-remove', () => {
  test('what the removal of a device races with is there after a rebind, too', () => {
    const of = (name: string) => summary(explored(subject(name, 'v6.12')));
    const rebound = new Set(of('rebind-remove'));
    expect(of('remove-device').filter((bug) => !rebound.has(bug))).toEqual([]);
  });
});

describe('reload', () => {
  test('from v6.15 on the client holds the module before its driver comes, which stays', () => {
    expect(explored(subject('reload', 'v7.3'))).toMatchObject({ verdict: 'clean', executions: 1 });
  });

  test('a client of a module that goes is not told that it comes back', () => {
    const outcome = explored(subject('reload', 'fwspec-v2'));
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toEqual([
      'property a device behind an IOMMU is not left without it end',
      'use-after-free remove_iommu_group dev_iommu',
    ]);
  });

  test('the IOMMU that comes is another one, and the device gets that one', () => {
    const outcome = explored(subject('reload', 'v6.7'));
    const registered = outcome.bugs
      .flatMap(({ steps }) => steps)
      .filter(({ op, target }) => op === 'write' && target === 'iommu_device_list')
      .map(({ value }) => value);
    expect(registered).toContain('[iommu again]');
    expect(outcome.bugs.map(({ function: name }) => name)).not.toContain(
      'the device ends behind its IOMMU',
    );
  });
});
