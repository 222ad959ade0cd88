// Who races whom, and what comes of it: the verdicts that can be told from the locks.
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/explore/index.ts';
import type { DriverName } from '../../../src/linux/index.ts';
import {
  builtinShape,
  exampleDrivers,
  scenarioOf,
  scenarios,
} from '../../../src/scenarios/index.ts';
import { explored, fitting, subject, summary } from './explored.ts';

const kernels = ['v6.7-rc1', 'v6.7'] as const;

/** What is there in every order, told in docs/findings.md: references to devices that drivers keep. */
const always: Readonly<Record<string, RegExp>> = {
  // The first device finds an empty list; a second one is not served.
  msm_iommu: /msm_iommu_dev->ctx_list|^null-deref qcom_iommu_of_xlate master/,
  // A domain is for one device, and a default domain of arm64 for all.
  'omap-iommu': /a client does not stop an IOMMU|failed to attach a default domain/,
};

/** The other bugs. */
function otherBugs(outcome: Outcome, driver = ''): string[] {
  return summary(outcome).filter(
    (line) => !line.startsWith('refcount end device ') && always[driver]?.test(line) !== true,
  );
}

/** The drivers of each kind that a scenario makes sense for. */
function driversFor(name: string): DriverName[] {
  return fitting(name, 'v6.7-rc1', exampleDrivers);
}

describe.each([
  ['two-clients', 'each parse touches the dev->iommu of its own device, and probing is locked'],
  ['rebind', 'a device with a group is not probed again, and one with a fwspec not parsed again'],
  ['second-configure', 'a fwspec with ops ends of_iommu_configure() before it does anything'],
  ['probe-defers', 'a supplier that comes too early for the deferred list changes the count'],
  ['deferred-work', 'device_lock() lets one bind the device, and the other finds it bound'],
])('%s is clean, because %s', (name) => {
  test.each(
    kernels.flatMap((kernel) => driversFor(name).map((driver) => [kernel, driver] as const)),
  )('%s, %s', (kernel, driver) => {
    const outcome = explored(subject(name, kernel, driver));
    expect(outcome.complete).toBe(true);
    expect(otherBugs(outcome, driver)).toEqual([]);
  });
});

// While both register no driver has a description to look at: one driver speaks for all.
describe('two-registrations', () => {
  test('on v6.7-rc1 binding any device, an IOMMU too, reads a dev->iommu that a walk frees', () => {
    const outcome = explored(subject('two-registrations', 'v6.7-rc1', 'virtio-iommu'));
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toEqual(['use-after-free of_iommu_configure dev_iommu']);
    // The device is an IOMMU, which firmware puts behind nothing.
    const { steps = [], at } = outcome.bugs[0] ?? {};
    const upTo = steps.slice(0, at ?? 0).filter(({ task }) => task === steps[at ?? 0]?.task);
    expect(upTo.findLast(({ op }) => op === 'read')?.target).toMatch(/^(iommu|other)->iommu$/);
  });

  test('on v6.7 that read is locked as the walks are', () => {
    expect(explored(subject('two-registrations', 'v6.7', 'virtio-iommu')).verdict).toBe('clean');
  });
});

describe('hotplug', () => {
  test('on v6.7-rc1 the walk frees what the new device’s driver builds, as in the cover letter', () => {
    const outcome = explored(subject('hotplug', 'v6.7-rc1', 'virtio-iommu'));
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toContain('null-deref iommu_fwspec_init dev->iommu');
  });

  test.each(driversFor('hotplug'))('on v6.7 dev->iommu and the fwspec are safe: %s', (driver) => {
    const outcome = explored(subject('hotplug', 'v6.7', driver));
    expect(outcome.complete).toBe(true);
    expect(
      summary(outcome).filter((line) => /dev->iommu|dev_iommu|iommu_fwspec/.test(line)),
    ).toEqual([]);
  });
});

describe('deferral-timeout', () => {
  test('on v6.7-rc1 the retry frees the placeholder that the walk frees with dev->iommu', () => {
    const outcome = explored(subject('deferral-timeout', 'v6.7-rc1', 'virtio-iommu'));
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toContain('double-free iommu_fwspec_free iommu_fwspec');
    expect(summary(outcome)).toContain('double-free dev_iommu_free iommu_fwspec');
  });

  test.each(['arm-smmu-v3', 'virtio-iommu'] as const)(
    'on v6.7 a device that was given up stays without its IOMMU, and nothing else is wrong: %s',
    (driver) => {
      const outcome = explored(subject('deferral-timeout', 'v6.7', driver));
      expect(outcome.complete).toBe(true);
      expect(summary(outcome)).toEqual([
        'property a device that was given up is not left without its IOMMU end',
      ]);
    },
  );
});

describe('remove-device', () => {
  test.each(kernels)(
    'on %s the walk and the removal both free dev->iommu: neither takes the other’s lock',
    (kernel) => {
      const outcome = explored(subject('remove-device', kernel, 'virtio-iommu'));
      expect(outcome.complete).toBe(true);
      expect(summary(outcome)).toContain('double-free dev_iommu_free dev_iommu');
      expect(summary(outcome)).toContain('use-after-free dev_iommu_free dev_iommu');
    },
  );
});

describe('unload', () => {
  test.each(kernels)(
    'on %s unregistering looks at a dev->iommu that a client frees, which got no reference',
    (kernel) => {
      const outcome = explored(subject('unload', kernel, 'virtio-iommu'));
      expect(outcome.complete).toBe(true);
      // The other one: the memory of the module goes while a client asks for a reference to it.
      expect(summary(outcome).sort()).toEqual([
        'use-after-free remove_iommu_group dev_iommu',
        'use-after-free try_module_get module',
      ]);
      const bug = outcome.bugs.find((one) => one.function === 'remove_iommu_group');
      const errors = bug?.steps.filter(
        ({ op, function: name, value }) =>
          op === 'return' && name === 'try_module_get' && value === 'false',
      );
      expect(errors?.length).toBeGreaterThan(0);
    },
  );

  test('on v6.15 a client is probed when its IOMMU registers, and the module stays', () => {
    expect(explored(subject('unload', 'v6.15', 'arm-smmu-v3'))).toMatchObject({
      verdict: 'clean',
      executions: 1,
    });
  });

  test('a driver that is part of the kernel is not unloaded', () => {
    const { unfit } = scenarioOf('unload');
    const shapeOf = (driver: string) => builtinShape(scenarioOf('cover-letter'), driver);
    expect(unfit(shapeOf('exynos-sysmmu'))).toMatch(/part of the kernel/);
    expect(unfit(shapeOf('arm-smmu-v3'))).toBeNull();
  });
});

describe('failed-registration', () => {
  const outcome = explored(subject('failed-registration', 'v6.7', 'arm-smmu-v3'));
  const bug = outcome.bugs.find(({ function: name }) => name === 'remove_iommu_group');

  test('on v6.7 unregistering looks at a dev->iommu that a client’s failed probe frees', () => {
    expect(outcome.complete).toBe(true);
    expect(bug).toMatchObject({ kind: 'use-after-free', object: 'dev_iommu' });
    const { tasks = [], steps = [], at } = bug ?? {};
    expect(tasks[steps[at ?? -1]?.task ?? -1]).toMatch(/register/);
  });

  test('it takes an allocation that fails in the registration, one only', () => {
    const failed = bug?.steps.filter(({ value }) => value === 'NULL (fails)') ?? [];
    expect(failed.map(({ task, function: name }) => [task, name])).toEqual([[1, 'dev_iommu_get']]);
  });
});

describe('no-memory', () => {
  test.each(['arm-smmu', 'arm-smmu-v3', 'virtio-iommu', 'apple-dart', 'exynos-sysmmu'] as const)(
    'on v6.7 no error path of a client that binds leaks, or frees what is in use: %s',
    (driver) => {
      const outcome = explored(subject('no-memory', 'v6.7', driver));
      expect(outcome.complete).toBe(true);
      const bugs = otherBugs(outcome).filter((line) => !line.startsWith('property '));
      // Its device_group() looks into a group that could not be allocated.
      const follows =
        driver === 'apple-dart' ? ['null-deref apple_dart_device_group iommu_group'] : [];
      expect(bugs).toEqual(follows);
    },
  );

  test('a device that has no IOMMU for want of memory is no bug', () => {
    const of = subject('no-memory', 'v6.7', 'virtio-iommu');
    const names = explored(of).bugs.map(({ function: name }) => name);
    expect(names).not.toContain('a device behind an IOMMU is not left without it');
  });
});

describe('what other kernels bring', () => {
  test.each(['rebind', 'second-configure'])(
    'from patch 8 on every configure parses again, which takes the fwspec of a probed device: %s',
    (name) => {
      const outcome = explored(subject(name, 'fwspec-v2/17', 'apple-dart'));
      expect(outcome.complete).toBe(true);
      const bug = outcome.bugs.find(({ function: what }) => what.includes('keeps its description'));
      expect(bug?.preemptions).toBe(0);
      expect(bug?.message).toMatch(/is in its group with no fwspec/);
    },
  );

  test('patch 15 lets drivers parse into a private fwspec, so a probed device keeps its own', () => {
    const of = subject('rebind', 'fwspec-v2/17', 'arm-smmu-v3');
    expect(explored(of).verdict).toBe('clean');
  });

  test('from v6.15 on a walk parses again what was removed before its eyes, and groups the device', () => {
    const outcome = explored(subject('remove-device', 'v6.15', 'arm-smmu-v3'));
    expect(outcome.complete).toBe(true);
    const left = 'property nothing of a removed device is left end';
    expect(summary(outcome)).toContain(left);
    expect(summary(explored(subject('remove-device', 'v6.12', 'arm-smmu-v3')))).not.toContain(left);
  });
});

test('every scenario says why its tasks can run together', () => {
  for (const { name, about, concurrency } of scenarios) {
    expect(about, name).toMatch(/^[a-z].{20,120}[^.]$/);
    expect(concurrency, name).toMatch(/^[A-Za-z].{60,}\.$/);
  }
});
