import type { Machine, MachineDevice } from '../machine.ts';
import { acpiOfShape } from './acpi.ts';
import { devicetreeOfShape } from './devicetree.ts';
import { requesterOf, requesters, type Shape } from './shape.ts';
import { hasUnits, unitsOfShape } from './units.ts';

/** A machine of nothing but one device and its IOMMUs. */
export interface ShapeMachine extends Machine {
  readonly client: MachineDevice;
  readonly iommus: readonly MachineDevice[];
  /** An IOMMU of the same kind as the first that the device has nothing to do with. */
  readonly other: MachineDevice | null;
  /** Another device behind the same IOMMUs, by IDs of its own. */
  readonly second: MachineDevice | null;
}

/** What a machine has besides the device and its IOMMUs. */
export interface Besides {
  readonly other?: boolean;
  readonly second?: boolean;
}

/** Firmware's names for a device. */
export type Names = Pick<MachineDevice, 'of_node' | 'dma_node' | 'acpi'>;

/** A shape in some kind of firmware. */
export interface DescribedShape {
  readonly firmware: Pick<Machine, 'firmware' | 'fdt' | 'acpi'>;
  readonly iommus: readonly Names[];
  readonly other: Names | null;
  readonly client: Names;
  readonly second: Names | null;
}

/** The smallest machine that has a device of this shape, and what else is asked for. */
export function machineOfShape(shape: Shape, besides: Besides = {}): ShapeMachine {
  const second = besides.second === true ? siblingOf(shape) : null;
  const other = besides.other === true;
  const names =
    shape.firmware === undefined
      ? devicetreeOfShape(shape, second, other)
      : hasUnits(shape)
        ? unitsOfShape(shape, second, other)
        : acpiOfShape(shape, second, other);
  const iommus = names.iommus.map((of, i) => machineDevice(shape.iommus[i]?.name ?? '', of));
  const client =
    shape.bus === 'pci'
      ? pciFunction(shape, names.client)
      : { ...machineDevice(shape.name, names.client), bus: shape.bus };
  const bystander = names.other === null ? null : machineDevice('other', names.other);
  const neighbour =
    second === null || names.second === null
      ? null
      : shape.bus === 'pci'
        ? pciFunction(second, names.second, 1)
        : { ...machineDevice('second', names.second), bus: shape.bus };
  const units = [...iommus, bystander].filter((of) => of !== null);
  const clients = [client, neighbour].filter((of) => of !== null);
  return {
    ...names.firmware,
    ...(hasUnits(shape)
      ? { units: { table: shape.firmware, scopes: scopesOf(shape, units, clients) } }
      : {}),
    model: '',
    compatible: [],
    devices: [...iommus, bystander, client, neighbour].filter((of) => of !== null),
    hostBridges: [],
    notes: [],
    client,
    iommus,
    other: bystander,
    second: neighbour,
  };
}

/** Which unit has which devices: those of a shape are behind the unit of its first specifier. */
function scopesOf(
  { specifiers }: Shape,
  units: readonly MachineDevice[],
  clients: readonly MachineDevice[],
): ReadonlyMap<MachineDevice, readonly MachineDevice[]> {
  return new Map(units.map((unit, i) => [unit, i === specifiers[0]?.iommu ? clients : []]));
}

/** IDs of devices that are made up lie this far from those of the shape. */
const idsBetween = 0x100;

function siblingOf(shape: Shape): Shape {
  const specifiers = shape.specifiers.map(({ iommu, args: [id = 0, ...rest] }) => ({
    iommu,
    args: [(id ^ idsBetween) >>> 0, ...rest],
  }));
  return { ...shape, name: 'second', specifiers };
}

/** The function, below as many conventional bridges as it has further requester IDs. */
function pciFunction(shape: Shape, names: Names, segment = 0, index = 0): MachineDevice {
  const bus = requesterOf(index) >> 8;
  const last = index === requesters(shape) - 1;
  const name = index === 0 ? shape.name : `bridge ${index} above ${shape.name}`;
  return {
    ...machineDevice(name, names),
    bus: 'pci',
    pci: {
      segment,
      bus,
      devfn: 0,
      config: null,
      bridge: last ? null : pciFunction(shape, names, segment, index + 1),
    },
  };
}

function machineDevice(name: string, names: Names): MachineDevice {
  return {
    name,
    bus: 'platform',
    path: '',
    ...names,
    compatible: [],
    pci: null,
    assumed: false,
  };
}
