// x86 and s390: units that are no devices, registered before anything else; one more with a host bridge.
import { describe, expect, test } from 'vitest';
import { bugKinds, explore, type World } from '../../../src/explore/index.ts';
import type { DriverName } from '../../../src/linux/index.ts';
import { builtinShape, scenarios, unfit } from '../../../src/scenarios/index.ts';
import { explored, programFor, subject, summary } from './explored.ts';

function fitting(driver: DriverName): string[] {
  return scenarios
    .filter((scenario) => unfit(scenario, builtinShape(scenario, driver)) === null)
    .map(({ name }) => name);
}

test.each(['intel-iommu', 's390-iommu'] as const)(
  'what races %s is a unit that is hot-plugged, or what has no IOMMU in it',
  (driver) => {
    expect(fitting(driver)).toEqual([
      'partial-fwspec',
      'two-clients',
      'add-bind',
      'rebind',
      'rebind-remove',
      'probe-defers',
      'remove-device',
      'remove-add',
      'no-memory',
    ]);
  },
);

test('no amd-iommu comes later than at boot', () => {
  expect(fitting('amd-iommu')).toEqual(['two-clients', 'add-bind', 'probe-defers']);
});

test('whoever asks for the race of the cover letter is told why there is none', () => {
  const { scenario, shape } = subject('cover-letter', 'v6.7-rc1', 'intel-iommu');
  expect(unfit(scenario, shape)).toMatch(/registers before any driver of a device behind it/);
});

describe.each(['v6.7-rc1', 'v6.7', 'v6.12', 'v7.3'])('on %s', (kernel) => {
  // The client has its group when its driver comes, so nobody writes what the other one reads.
  test.each(['partial-fwspec', 'two-clients', 'rebind', 'probe-defers', 'no-memory'])(
    '%s is clean',
    (scenario) => {
      expect(explored(subject(scenario, kernel, 'intel-iommu'))).toMatchObject({
        verdict: 'clean',
        complete: true,
      });
    },
  );

  test('a walk probes a device again that was released before its eyes', () => {
    const outcome = explored(subject('remove-device', kernel, 'intel-iommu'));
    expect(outcome.complete).toBe(true);
    expect(summary(outcome)).toContain('property nothing of a removed device is left end');
    expect(summary(outcome)).toContain('refcount end module intel-iommu');
  });
});

test('the lock around the list of units is held while a hot-plugged one has devices probed', () => {
  const bug = explored(subject('remove-device', 'v7.3', 'intel-iommu')).bugs[0];
  const steps = bug?.steps ?? [];
  const at = (op: string, lock: string): number =>
    steps.findIndex((step) => step.op === op && step.target === lock);
  const [taken, probing] = [at('lock', 'dmar_global_lock'), at('lock', 'iommu_probe_device_lock')];
  expect(taken).toBeGreaterThanOrEqual(0);
  expect(probing).toBeGreaterThan(taken);
  expect(at('unlock', 'dmar_global_lock')).toBeGreaterThan(probing);
});

test('a unit is no device: nothing walks over it, and it has no firmware node', () => {
  const bug = explored(subject('remove-device', 'v6.7-rc1', 'intel-iommu')).bugs[0];
  const targets = bug?.steps.map(({ target }) => target) ?? [];
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter((target) => /^(unit|other)->/.test(target ?? ''))).toEqual([]);
});

// By kernel, as its driver was read: what is taken while what is held, among the driver's own locks and
// from what is held around the driver. A device of a hot-plugged unit is probed and released.
const unit = (name: string): string => `intel_iommu->${name}`;
const domain = (name: string): string => `dmar_domain->${name}`;
test.each<[string, readonly string[], readonly string[]]>([
  ['v6.1', ['lock', 'dmar_domain->lock'], [`${unit('lock')} ${domain('lock')}`]],
  ['v6.7-rc1', ['lock', 'dmar_domain->lock'], [`${unit('lock')} ${domain('lock')}`]],
  [
    'v6.12',
    ['lock', 'dmar_domain->lock', 'dmar_domain->cache_lock', 'iopf_lock', 'device_rbtree_lock'],
    [`${unit('lock')} ${domain('lock')}`, `${unit('iopf_lock')} ${unit('device_rbtree_lock')}`],
  ],
  [
    'v7.3',
    [
      'lock',
      'dmar_domain->lock',
      'dmar_domain->cache_lock',
      'iopf_lock',
      'device_rbtree_lock',
      'did_lock',
    ],
    [`${unit('iopf_lock')} ${unit('device_rbtree_lock')}`],
  ],
])('on %s the locks of the driver are known to the check of their order', (kernel, taken, own) => {
  const program = programFor(subject('remove-device', kernel, 'intel-iommu'));
  const edges = new Set<string>();
  const worlds: World[] = [];
  const looking = {
    ...program,
    setup(world: World) {
      worlds.push(world);
      return program.setup(world);
    },
  };
  explore(looking, {
    ...{ worlds: 'fresh', causes: false },
    ignore: bugKinds.filter((kind) => kind !== 'lock-order'),
  });
  for (const { lockEdges } of worlds)
    for (const { held, taken } of lockEdges ?? []) edges.add(`${held} ${taken}`);
  const driver = /^(intel_iommu|dmar_domain)->/;
  const all = [...edges].map((edge) => edge.split(' ') as [string, string]);
  const names = new Set(all.map(([, to]) => to).filter((to) => driver.test(to)));
  expect([...names].sort()).toEqual(
    taken.map((name) => (name.includes('->') ? name : unit(name))).sort(),
  );
  expect([...edges].filter((edge) => driver.test(edge)).sort()).toEqual([...own].sort());
});
