// The race of the cover letter, and two IOMMUs that register at once, in the kernels after v6.7.
import { describe, expect, test } from 'vitest';
import type { DriverName } from '../../src/linux/index.ts';
import type { Shape } from '../../src/machine/index.ts';
import { explored, subject, summary } from '../scenarios/races/explored.ts';

const without = 'property a device behind an IOMMU is not left without it end';
const halfWay = 'property DMA goes through the group that the device is in end';
const unclaimed = 'property every bound driver has claimed the group of its device, once end';
const late = 'warn __iommu_probe_device late IOMMU probe at driver bind, something fishy here!';
const driverTwice = (bus: string) => `null-deref ${bus}_dma_configure drv`;

/** What an exploration of the cover letter's race finds, all executions looked at. */
function found(kernel: string, driver: DriverName, bus: Shape['bus'] = 'platform'): string[] {
  const race = subject('cover-letter', kernel, driver);
  const outcome = explored({ ...race, shape: { ...race.shape, bus } });
  expect(outcome.complete).toBe(true);
  // References to devices that drivers keep are there in every order.
  return summary(outcome).filter((line) => !line.startsWith('refcount end device '));
}

// dev->iommu is freed under a client only where a driver is asked about a device without a fwspec.
test.each(['v6.8', 'v6.12'])('in %s nobody follows NULL or what was freed', (kernel) => {
  for (const bug of found(kernel, 'arm-smmu-v3')) expect(bug).not.toMatch(/^null-deref|^use-after/);
});

describe('a client that is probed between its parse and the replay', () => {
  test('is in a group, and its DMA ops depend on who won, in v6.8', () => {
    expect(found('v6.8', 'apple-dart')).toEqual([halfWay]);
  });

  test('has what it needs in v6.12, which sets the DMA API up where the group is made', () => {
    expect(found('v6.12', 'apple-dart')).toEqual([]);
  });

  test.each(['v6.8', 'v6.12'])(
    'is left without its SMMUv3 in %s when the instance is not bound yet',
    (kernel) => {
      expect(found(kernel, 'arm-smmu-v3')).toContain(without);
    },
  );
});

test.each(['v6.15', 'v6.16', 'v7.3'])('in %s no client is left without its SMMUv3', (kernel) => {
  const bugs = found(kernel, 'arm-smmu-v3');
  expect(bugs).not.toContain(without);
  // The driver can be set while the walk probes the device; the core cannot tell that from a replay.
  expect(bugs).toContain(late);
  // A client that finds the fwspec, but no group yet, binds without claiming anything.
  expect(bugs).toContain(unclaimed);
});

test.each([
  ['v6.15', 'platform', false],
  ['v6.15', 'amba', true],
  ['v7.3', 'platform', false],
  ['v7.3', 'amba', true],
] as const)('the driver is looked at twice, in %s on the %s bus: %s', (kernel, bus, twice) => {
  expect(found(kernel, 'arm-smmu-v3', bus).includes(driverTwice(bus))).toBe(twice);
});

describe('two IOMMUs that register at once', () => {
  /** Of the first executions only: there are very many. */
  const crashes = (kernel: string): string[] =>
    summary(
      explored(subject('two-registrations', kernel, 'arm-smmu-v3'), { maxExecutions: 300 }),
    ).filter((bug) => /^null-deref|^use-after-free/.test(bug));

  test('take dev->iommu away from each other in v6.15', () => {
    expect(crashes('v6.15')).not.toEqual([]);
  });

  test('do not, as far as was looked, in v7.3', () => {
    expect(crashes('v7.3')).toEqual([]);
  });
});

// Of the reads of dev->driver with nothing locked, one is marked from v7.3 on; so is the write.
test.each([
  ['v6.16', 'platform', true],
  ['v7.3', 'platform', false],
  ['v7.3', 'amba', true],
] as const)('in %s the look at the driver on the %s bus is a data race: %s', (kernel, bus, is) => {
  const race = subject('cover-letter', kernel, 'apple-dart');
  const { bugs } = explored({ ...race, shape: { ...race.shape, bus } }, { ignore: [] });
  const races = bugs.filter(({ kind, object }) => kind === 'data-race' && object === 'dev->driver');
  const reader = `${bus}_dma_configure`;
  const writer = 'really_probe';
  const inBoth = races.filter(({ function: f }) => f.includes(reader) && f.includes(writer));
  expect(inBoth.length > 0).toBe(is);
});

test('from v6.12 on of_iommu_xlate() looks its IOMMU up twice, and the second time it can have gone', () => {
  const bugs = (kernel: string) => summary(explored(subject('unload', kernel, 'arm-smmu-v3')));
  expect(bugs('v6.12')).toContain('null-deref of_iommu_xlate ops');
  expect(bugs('v6.8')).not.toContain('null-deref of_iommu_xlate ops');
});

test.each([
  ['v6.8', ['null-deref mtk_iommu_device_group hw_list']],
  ['v6.12', []],
] as const)('a client of an mtk_iommu that is on no list yet: in %s %j', (kernel, bugs) => {
  expect(found(kernel, 'mtk_iommu')).toEqual(bugs);
});
