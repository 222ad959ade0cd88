import { World } from '../../explore/index.ts';
import { compatibleOf, type FdtNode, isAvailable, propertyOf, u32 } from '../../firmware/index.ts';
import {
  type Design,
  type device,
  dmaAliases,
  type IommuTable,
  intelUnitOf,
  type iommu_device,
  type Kconfig,
  type kernel,
  mapIommuId,
  of_parse_phandle_with_args,
  readDmarUnits,
} from '../../linux/index.ts';
import { FormatError, present } from '../../util/index.ts';
import type { BootOptions } from '../boot/boot.ts';
import { type Bindings, buildKernel } from '../boot/build.ts';
import { Offers } from '../boot/offers.ts';
import { usualPlan } from '../boot/plan/plan.ts';
import { type AcpiTarget, allAcpiTargets } from '../firmware/acpi/targets.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { listedBy, placed } from './place.ts';
import type { Tables } from './tables.ts';

/** An IOMMU as far as the probe path can tell it from others. */
export interface ShapeIommu {
  readonly name: string;
  readonly compatible: string;
  /** `#iommu-cells`. */
  readonly cells: number;
}

/**
 * What the probe path can tell of one device: its bus, the drivers of its IOMMUs, and which
 * specifier goes to which. Devices whose {@link shapeKey} is the same behave alike.
 */
export interface Shape {
  readonly bus: ShapeBus;
  readonly name: string;
  readonly iommus: readonly ShapeIommu[];
  /** The ACPI table that describes it, or both that do; a devicetree when nothing is said. */
  readonly firmware?: Tables;
  /** In firmware's order; for PCI each table has one for each requester ID. DMAR and IVRS know no arguments. */
  readonly specifiers: readonly ShapeSpecifier[];
  /** So many devices are in its group by where they are, it among them; one when nothing is said. */
  readonly functions?: number;
  /** What it is behind gives its own ID to all that is below, as the last of the specifiers. */
  readonly bridge?: 'pcie-to-pci';
  /** Its IOMMU lists it, in the way of before `iommus`. */
  readonly binding?: 'mmu-masters';
}

export type ShapeBus = (typeof shapeBuses)[number];

/** The buses whose devices can sit behind an IOMMU. */
export const shapeBuses = ['platform', 'amba', 'pci', 'fsl-mc', 'cdx'] as const;

/** A shape that somebody asks for has no more of anything, and no token says more. */
export const mostOfAnything = 16;

export interface ShapeSpecifier {
  /** Which of the shape's IOMMUs. */
  readonly iommu: number;
  readonly args: readonly number[];
}

/** The nth requester ID of a shape's PCI function: its own first, then those of the bridges above it. */
export function requesterOf(index: number): number {
  return (0x20 - index) << 8;
}

/** How many requester IDs the PCI function of a shape has. */
export function requesters({ firmware, specifiers }: Shape): number {
  return firmware === 'iort+viot' ? Math.ceil(specifiers.length / 2) : specifiers.length;
}

/** Devices of one shape, or devices that there is nothing to explore for and why. */
export interface ShapeGroup {
  readonly shape: Shape | null;
  readonly reason: string | null;
  readonly devices: readonly MachineDevice[];
}

/**
 * The devices of a machine, gathered by shape, in the machine's order. A device that no driver comes
 * for has none, nor one whose IOMMU no driver comes for: nothing can race there.
 */
export function shapesOf(
  machine: Machine,
  design: Design,
  config: Kconfig,
  { plan = usualPlan(machine, config) }: Pick<BootOptions, 'plan'> = {},
): ShapeGroup[] {
  const groups = new Map<
    string,
    { shape: Shape | null; reason: string | null; devices: MachineDevice[] }
  >();
  for (const [of, found] of shapesByDevice(machine, design, config, { plan })) {
    const [key, shape, reason] =
      typeof found === 'string' ? [`no ${found}`, null, found] : [shapeKey(found), found, null];
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { shape, reason, devices: [of] });
    else group.devices.push(of);
  }
  return [...groups.values()];
}

/** The shape of each device of a machine, or why there is nothing to explore for it. */
export function shapesByDevice(
  machine: Machine,
  design: Design,
  config: Kconfig,
  { plan = usualPlan(machine, config) }: Pick<BootOptions, 'plan'> = {},
): Map<MachineDevice, Shape | string> {
  const offers = new Offers(machine, plan, { design, config });
  const { iommus } = offers;
  const { k, devices } = buildKernel(new World(), design, config, machine, undefined, iommus);
  k.dmar = readDmarUnits(k, [...devices.values()]);
  const shapes = new Map<MachineDevice, Shape | string>();
  for (const [of, dev] of devices) {
    const described = shapeOf(k, machine, of, dev, iommus);
    shapes.set(
      of,
      typeof described === 'string' ? described : (undriven(offers, of) ?? placed(described, dev)),
    );
  }
  return shapes;
}

/** Equal for shapes that behave alike: which IDs are the same counts, and not which they are. */
export function shapeKey(shape: Shape): string {
  const { bus, firmware, iommus, specifiers, functions = 1, bridge, binding } = shape;
  const drivers = iommus.map(({ compatible }) => compatible);
  const known: string[] = [];
  const targets = specifiers.map(({ iommu, args }) => {
    const text = `${iommu}/${args.join('.')}`;
    const met = args.length === 0 ? -1 : known.indexOf(text);
    known.push(text);
    return `${iommu}/${args.length}${met < 0 ? '' : ` as ${met}`}`;
  });
  const described = [bus, firmware, bridge, binding].filter((what) => what !== undefined);
  const group = functions === 1 ? '' : ` ${functions} functions`;
  return `${described.join(' ')} ${drivers.join('+')} ${targets.join(',')}${group}`;
}

/** Why no driver stays with a device; null when one does. */
function undriven(offers: Offers, of: MachineDevice): string | null {
  const offer = offers.of(of);
  if (offer === null) return 'no driver binds to it';
  return offer.takes ? null : 'its driver does not take it';
}

/** The shape of a device, or why there is nothing to explore for it. */
function shapeOf(
  k: kernel,
  machine: Machine,
  of: MachineDevice,
  dev: device,
  bindings: Bindings,
): Shape | string {
  const unit = intelUnitOf(k, dev)?.iommu;
  if (machine.units !== undefined && unit !== undefined)
    return shapeBehind(machine.units.table, unit, of);
  if (machine.acpi !== undefined) return acpiShapeOf(k, machine, of, dev, bindings);
  if (of.bus === 'fsl-mc') return 'the fsl-mc bus is not modelled';
  if (of.bus === 'host1x-context') return 'no driver ever binds to it: it is a number to host1x';
  const listed = k.config.CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS
    ? listedBy(k, dev, k.instances.keys())
    : [];
  const found = listed.length > 0 ? listed : describedSpecifiers(k, dev);
  if (found.length === 0) return 'no IOMMU is described for it';
  const nodes = [...new Set(found.map(({ np }) => np))];
  const iommus: ShapeIommu[] = [];
  for (const np of nodes) {
    if (!isAvailable(np)) return `its IOMMU ${np.path} is disabled`;
    const iommu = machine.devices.find((other) => other.of_node === np);
    if (iommu === undefined) return `its IOMMU ${np.path} is no device`;
    const driver = bindings.get(iommu);
    const compatible = compatibleOf(np).find((name) => driver?.compatible.includes(name));
    if (compatible === undefined) return noDriver(np.path);
    const leftOut = driver?.leavesOut?.(dev, np) ?? null;
    if (leftOut !== null) return leftOut;
    iommus.push({ name: iommu.name, compatible, cells: cellsOf(np) });
  }
  const specifiers = found.map(({ np, args }) => ({ iommu: nodes.indexOf(np), args }));
  const binding = listed.length > 0 ? ({ binding: 'mmu-masters' } as const) : {};
  return { bus: of.bus, name: of.name, iommus, specifiers, ...binding };
}

function noDriver(iommu: string): string {
  return `no driver of the model binds to its IOMMU ${iommu}`;
}

/** The shape of a device that is behind a unit: nothing tells one such device from another. */
function shapeBehind(table: IommuTable, { dev }: iommu_device, of: MachineDevice): Shape {
  return {
    bus: of.bus === 'pci' ? 'pci' : 'platform',
    name: of.name,
    firmware: table,
    iommus: [{ name: dev.name, compatible: table.toUpperCase(), cells: 0 }],
    specifiers: [{ iommu: 0, args: [] }],
  };
}

/** The shape of a device that IORT or VIOT describe. */
function acpiShapeOf(
  k: kernel,
  machine: Machine,
  of: MachineDevice,
  dev: device,
  bindings: Bindings,
): Shape | string {
  const [targets = [], ...further] = allAcpiTargets(k, dev);
  if (targets.length === 0) return 'no IOMMU is described for it';
  const shape = acpiShapeOfTargets([...targets, ...further.flat()], machine, of, dev, bindings);
  // What no driver comes for in a table that is not asked unless the other one fails counts for nothing.
  return typeof shape === 'string' && further.length > 0
    ? acpiShapeOfTargets(targets, machine, of, dev, bindings)
    : shape;
}

function acpiShapeOfTargets(
  targets: readonly AcpiTarget[],
  machine: Machine,
  of: MachineDevice,
  dev: device,
  bindings: Bindings,
): Shape | string {
  const fwnodes = [...new Set(targets.map(({ fwnode }) => fwnode))];
  if (dev.fwnode !== null && fwnodes.some((fwnode) => fwnode === dev.fwnode)) {
    return 'it is an IOMMU itself';
  }
  const iommus: ShapeIommu[] = [];
  for (const fwnode of fwnodes) {
    const iommu = machine.devices.find(({ acpi }) => acpi?.fwnode === fwnode);
    const driver = iommu === undefined ? undefined : bindings.get(iommu);
    const [compatible] = driver?.compatible ?? [];
    if (iommu === undefined || compatible === undefined) return noDriver(fwnode.path);
    iommus.push({ name: iommu.name, compatible, cells: 1 });
  }
  const specifiers = targets.map(({ fwnode, id }) => ({
    iommu: fwnodes.indexOf(fwnode),
    args: [id],
  }));
  const [first, other] = new Set(targets.map(({ table }) => table));
  const firmware = other === undefined ? present(first, 'a target') : 'iort+viot';
  return {
    bus: of.bus === 'pci' ? 'pci' : 'platform',
    name: of.name,
    firmware,
    iommus,
    specifiers,
  };
}

interface Described {
  readonly np: FdtNode;
  readonly args: readonly number[];
}

/** What firmware says about a device's IOMMUs, read the way the kernel reads it. */
function describedSpecifiers(k: kernel, dev: device): Described[] {
  const np = dev.dma_node;
  if (np === null) return [];
  const found: Described[] = [];
  if (dev.pci !== null) {
    for (const { alias } of dmaAliases(dev.pci)) {
      const mapped = mapIommuId(k, dev, np, alias);
      if ('error' in mapped || mapped.target === null) return [];
      found.push({ np: mapped.target, args: mapped.args });
    }
    return found;
  }
  for (let index = 0; ; index++) {
    const specifier = of_parse_phandle_with_args(k, dev, np, 'iommus', '#iommu-cells', index);
    if (specifier === null) return found;
    found.push(specifier);
  }
}

function cellsOf(np: FdtNode): number {
  const property = propertyOf(np, '#iommu-cells');
  if (property === undefined) return 1;
  try {
    return u32(property);
  } catch (error) {
    if (error instanceof FormatError) return 1;
    throw error;
  }
}
