import { type DriverName, driverKinds, iommuDrivers } from '../linux/index.ts';
import type { Shape } from '../machine/index.ts';
import { hintFor, UsageError } from '../util/index.ts';
import type { Scenario } from './scenario.ts';

/** The names of the drivers that a built-in device can sit behind. */
export const shapeDrivers: readonly DriverName[] = iommuDrivers.map(({ name }) => name);

/** One driver for each kind, in the order of the kinds. */
export const exampleDrivers: readonly DriverName[] = Object.values(driverKinds).map(
  ({ example }) => example,
);

/**
 * The device that a scenario is explored on when no machine is given: a platform device with one
 * specifier for each of its IOMMUs, and a second one for its first where that is the point. On x86
 * and s390 a PCI function behind one unit.
 *
 * @param driver null for the one that the scenario is explored with if nobody says otherwise
 * @throws UsageError when there is no such driver
 */
export function builtinShape(scenario: Scenario, driver: string | null): Shape {
  const chosen = driver ?? (scenario.firmware === 'viot' ? 'virtio-iommu' : 'arm-smmu-v3');
  const entry = iommuDrivers.find(({ name }) => name === chosen);
  if (entry === undefined) {
    const hint = hintFor(chosen, shapeDrivers, 'known drivers');
    throw new UsageError('cli/unknown-driver', `unknown driver "${chosen}"`, hint);
  }
  const iommu = (name: string): Shape['iommus'][number] => ({
    name,
    compatible: entry.compatible[0] ?? '',
    cells: entry.cells,
  });
  const args = (id: number): number[] => (entry.cells === 0 ? [] : [id]);
  const table = entry.acpi?.table;
  if (table === 'dmar' || table === 'ivrs' || table === 'clp') {
    const behind = [{ iommu: 0, args: [] }];
    return {
      bus: 'pci',
      name: 'dev',
      firmware: table,
      iommus: [iommu('unit')],
      specifiers: behind,
    };
  }
  const one: Shape = {
    bus: 'platform',
    name: 'dev',
    ...(table !== undefined && table === scenario.firmware ? { firmware: table } : {}),
    iommus: [iommu('iommu')],
    specifiers: [{ iommu: 0, args: args(1) }],
  };
  const two: Shape = {
    ...one,
    iommus: [iommu('iommu A'), iommu('iommu B')],
    specifiers: [
      { iommu: 0, args: args(1) },
      { iommu: 1, args: args(2) },
    ],
  };
  if (scenario.unfit(one) !== null) return two;
  if (scenario.twoSpecifiers !== true) return one;
  return { ...one, specifiers: [...one.specifiers, { iommu: 0, args: args(2) }] };
}
