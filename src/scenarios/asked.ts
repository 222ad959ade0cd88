import { iommuDrivers } from '../linux/index.ts';
import {
  hasUnits,
  mostOfAnything,
  type Shape,
  type ShapeBus,
  type ShapeSpecifier,
} from '../machine/index.ts';
import { UsageError } from '../util/index.ts';

/** What somebody asks of the shape of a built-in device; what is left out stays as it is. */
export interface AskedShape {
  readonly bus?: ShapeBus;
  /** How many IOMMUs it is behind. */
  readonly iommus?: number;
  /** Its IDs at each of them, in firmware's order; those of further ones are made up. */
  readonly ids?: readonly (readonly number[])[];
  /** `#iommu-cells`. */
  readonly cells?: number;
  readonly functions?: number;
  readonly bridge?: 'pcie-to-pci';
  readonly binding?: 'mmu-masters';
}

/**
 * The shape, with what is asked for.
 *
 * @throws UsageError when there can be no such device
 */
export function shapedAs(shape: Shape, asked: AskedShape): Shape {
  const { functions, bridge, binding } = asked;
  if (Object.values(asked).every((value) => value === undefined)) return shape;
  const oneById = asked.bus === 'fsl-mc' || asked.bus === 'cdx';
  const bus = asked.bus ?? (functions !== undefined || bridge !== undefined ? 'pci' : shape.bus);
  const iommus = iommusOf(shape, asked);
  const shaped: Shape = {
    ...shape,
    bus,
    iommus,
    specifiers: hasUnits(shape) ? shape.specifiers : specifiersOf(shape, asked, iommus, oneById),
    ...(functions === undefined || functions === 1 ? {} : { functions }),
    ...(bridge === undefined ? {} : { bridge }),
    ...(binding === undefined ? {} : { binding }),
  };
  const why = unaskable(shaped, asked) ?? impossible(shaped);
  if (why !== null) throw new UsageError('cli/unfit', `there is no such device: ${why}`);
  return shaped;
}

function iommusOf(shape: Shape, { iommus: count, ids = [], cells }: AskedShape): Shape['iommus'] {
  const wanted = count ?? Math.max(ids.length, shape.iommus.length);
  const [first] = shape.iommus;
  if (first === undefined) return [];
  const named = (i: number): string =>
    wanted === 1 ? 'iommu' : `iommu ${String.fromCharCode(0x41 + i)}`;
  return Array.from({ length: wanted }, (_, i) => {
    const of = shape.iommus[i] ?? first;
    const name = hasUnits(shape) || wanted === shape.iommus.length ? of.name : named(i);
    return { ...of, name, cells: cells ?? of.cells };
  });
}

function specifiersOf(
  shape: Shape,
  { ids = [], cells, bridge, binding }: AskedShape,
  iommus: Shape['iommus'],
  oneById: boolean,
): readonly ShapeSpecifier[] {
  const usual = (i: number): readonly number[] => {
    const own = shape.specifiers.filter(({ iommu }) => iommu === i);
    if (own.length === 0) return [i + 1];
    const known = own.map(({ args: [id] }, n) => id ?? i + n + 1);
    // The first behind such a bridge has the ID that the bridge gives.
    return bridge === undefined ? (oneById ? known.slice(0, 1) : known) : [1, 1];
  };
  return iommus.flatMap(({ cells: own }, iommu) =>
    (ids[iommu] ?? usual(iommu)).map((id): ShapeSpecifier => {
      const count = binding === undefined ? (cells ?? own) : 1;
      const args = Array.from({ length: count }, (_, n) => (n === 0 ? id : 0));
      return { iommu, args };
    }),
  );
}

/** Why that cannot be asked of a shape; null when it can. */
function unaskable(shape: Shape, { ids = [], iommus: count, cells }: AskedShape): string | null {
  const { firmware } = shape;
  const said = ids.length > 0 || count !== undefined;
  if (hasUnits(shape) && (said || cells !== undefined))
    return `${firmware} knows neither IDs nor cells`;
  if (count !== undefined && ids.length > count) return 'there are IDs for more IOMMUs than it has';
  if (firmware === 'iort+viot' && said) return 'each table names one IOMMU and one ID';
  if (firmware !== undefined && cells !== undefined) return `${firmware} has no cells`;
  const most = Math.max(shape.functions ?? 1, shape.iommus.length, shape.specifiers.length);
  return most > mostOfAnything ? `${most} of anything are too many (${mostOfAnything})` : null;
}

/** Why firmware cannot describe it, or no bus has it; null when all is well. */
export function impossible(shape: Shape): string | null {
  const { bus, bridge, binding, firmware, functions = 1, iommus, specifiers } = shape;
  const byId = bus === 'fsl-mc' || bus === 'cdx';
  if (firmware === 'clp' && bus !== 'pci') return 'all devices behind IOMMUs of s390 are on PCI';
  if (hasUnits(shape) && bus !== 'pci' && bus !== 'platform')
    return `${firmware} describes functions of PCI and objects of the ACPI namespace`;
  if (firmware !== undefined && byId && (bus !== 'fsl-mc' || firmware !== 'iort'))
    return `${firmware} does not describe ${bus}`;
  if (functions > 1 && bus !== 'pci' && bus !== 'fsl-mc')
    return `on ${bus} no two devices share a group by where they are`;
  if (functions > (bridge === undefined ? 8 : 31)) return 'there are fewer places';
  if (bridge !== undefined && firmware === 'clp') return 's390 shows no bridges';
  const gives = bus === 'pci' && (hasUnits(shape) || specifiers.length === 2);
  if (bridge !== undefined && (!gives || iommus.length !== 1))
    return 'behind a bridge to conventional PCI it is a PCI function with two IDs at one IOMMU';
  if (byId && specifiers.length !== 1) return `a device of ${bus} has one ID`;
  if (firmware === 'viot' && bus !== 'pci' && specifiers.length > 1)
    return 'outside PCI, VIOT knows one endpoint of a device';
  if (binding === undefined) return null;
  if (firmware !== undefined || (bus !== 'platform' && bus !== 'amba'))
    return `${binding} is of devicetrees, and lists platform devices`;
  return iommus.every(isSmmu) ? null : `only arm-smmu has ${binding}`;
}

function isSmmu({ compatible }: Shape['iommus'][number]): boolean {
  return iommuDrivers.some(
    (driver) => driver.name === 'arm-smmu' && driver.compatible.includes(compatible),
  );
}
