import { type DriverName, driverKinds, type IommuDriver, iommuDrivers } from '../linux/index.ts';
import { describes, type Shape, type Tables } from '../machine/index.ts';
import { hintFor, UsageError } from '../util/index.ts';
import { type AskedShape, shapedAs } from './asked.ts';
import type { Scenario } from './scenario.ts';

/** The names of the drivers that a built-in device can sit behind. */
export const shapeDrivers: readonly DriverName[] = iommuDrivers.map(({ name }) => name);

/** One driver for each kind, in the order of the kinds. */
export const exampleDrivers: readonly DriverName[] = Object.values(driverKinds).map(
  ({ example }) => example,
);

/** What describes a built-in device. */
export type ShapeFirmware = 'devicetree' | Tables;

/** The driver that is taken where nobody names one: the first that such firmware is for. */
const usual: Readonly<Record<ShapeFirmware, DriverName>> = {
  devicetree: 'arm-smmu-v3',
  iort: 'arm-smmu-v3',
  viot: 'virtio-iommu',
  'iort+viot': 'arm-smmu-v3',
  dmar: 'intel-iommu',
  ivrs: 'amd-iommu',
  clp: 's390-iommu',
};

/** What a built-in device can be described by. */
export const shapeFirmwares = Object.keys(usual) as readonly ShapeFirmware[];

/**
 * The device that a scenario is explored on when no machine is given: a platform device with one
 * specifier for each of its IOMMUs, and a second one for its first where that is the point. On x86
 * and s390 a PCI function behind one unit; where VIOT gives it two IDs a PCI function, too.
 *
 * @param driver null for the one that the scenario is explored with if nobody says otherwise
 * @param firmware null for what the scenario is about, or what can describe such an IOMMU
 * @param shape what else is asked of it
 * @throws UsageError when there is no such driver, or not in such firmware, or no such device
 */
export function builtinShape(
  scenario: Scenario,
  driver: string | null,
  firmware: ShapeFirmware | null = null,
  shape: AskedShape = {},
): Shape {
  // Management complexes are behind an MMU-500, and an SMMUv3 refuses what has the ID of its container.
  const usualThere = shape.bus === 'fsl-mc' && firmware !== 'viot' ? 'arm-smmu' : null;
  return shapedAs(plainShape(scenario, driver ?? usualThere, firmware), shape);
}

function plainShape(
  scenario: Scenario,
  driver: string | null,
  firmware: ShapeFirmware | null,
): Shape {
  const asked = firmware ?? scenario.firmware ?? 'devicetree';
  const entry = driverNamed(driver ?? usual[asked]);
  const table = entry.acpi?.table;
  if (table === 'dmar' || table === 'ivrs' || table === 'clp') {
    if (firmware !== null && firmware !== table) throw notIn(firmware, entry);
    const behind = [{ iommu: 0, args: [] }];
    const iommus = [iommuOf(entry, 'unit')];
    return { bus: 'pci', name: 'dev', firmware: table, iommus, specifiers: behind };
  }
  const [compatible = ''] = entry.compatible;
  const isDescribed = asked === 'devicetree' || describes(asked, compatible);
  if (firmware !== null && !isDescribed) throw notIn(firmware, entry);
  const described = asked === 'devicetree' || !isDescribed ? {} : { firmware: asked };
  const entries = asked === 'iort+viot' ? both(entry) : [entry, entry];
  const args = (id: number): number[] => (entry.cells === 0 ? [] : [id]);
  const one: Shape = {
    bus: 'platform',
    name: 'dev',
    ...described,
    iommus: [iommuOf(entry, 'iommu')],
    specifiers: [{ iommu: 0, args: args(1) }],
  };
  const two: Shape = {
    ...one,
    iommus: entries.map((of, i) => iommuOf(of, `iommu ${'AB'.charAt(i)}`)),
    specifiers: [
      { iommu: 0, args: args(1) },
      { iommu: 1, args: args(2) },
    ],
  };
  if (asked === 'iort+viot') return two;
  const more = { ...one, specifiers: [...one.specifiers, { iommu: 0, args: args(2) }] };
  const wantsTwo = scenario.unfit(one) !== null && scenario.unfit(two) === null;
  const chosen = wantsTwo ? two : scenario.twoSpecifiers === true ? more : one;
  const needsPci = asked === 'viot' && chosen.specifiers.length > 1;
  return needsPci ? { ...chosen, bus: 'pci' } : chosen;
}

function driverNamed(name: string): IommuDriver {
  const entry = iommuDrivers.find((known) => known.name === name);
  if (entry !== undefined) return entry;
  const hint = hintFor(name, shapeDrivers, 'known drivers');
  throw new UsageError('cli/unknown-driver', `unknown driver "${name}"`, hint);
}

function notIn(firmware: ShapeFirmware, { name }: IommuDriver): UsageError {
  return new UsageError('cli/unfit', `${firmware} describes no IOMMU of ${name}`);
}

function iommuOf({ compatible, cells }: IommuDriver, name: string): Shape['iommus'][number] {
  return { name, compatible: compatible[0] ?? '', cells };
}

/** The IOMMU that IORT names and the one that VIOT names; the driver is of one of them. */
function both(entry: IommuDriver): IommuDriver[] {
  return entry.acpi?.table === 'viot'
    ? [driverNamed(usual.iort), entry]
    : [entry, driverNamed(usual.viot)];
}
