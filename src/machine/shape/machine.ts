import type { IommuHardware } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type { Machine, MachineDevice, PciFunction } from '../machine.ts';
import { acpiOfShape } from './acpi.ts';
import { devicetreeOfShape } from './devicetree.ts';
import { aliasBridge, oneOfSeveral } from './functions.ts';
import { bridgeBus, type Member, type Members, membersOf } from './members.ts';
import { requesterOf, requesters, type Shape } from './shape.ts';
import { hasUnits, unitsOfShape } from './units.ts';

/** A machine of nothing but one device and its IOMMUs. */
export interface ShapeMachine extends Machine {
  readonly client: MachineDevice;
  readonly iommus: readonly MachineDevice[];
  /** An IOMMU of the same kind as the first that the device has nothing to do with. */
  readonly other: MachineDevice | null;
  /** Another device behind the same IOMMUs, by IDs of its own where they tell devices apart. */
  readonly second: MachineDevice | null;
  /** Further devices that share the group of the first by where they are. */
  readonly mates: readonly MachineDevice[];
  /** What has to be bound before any object in it is there. */
  readonly container: MachineDevice | null;
  /** A device behind {@link other}, which refuses its ID. */
  readonly refused: MachineDevice | null;
  /** The device as it is made anew when it has been removed. */
  readonly again: MachineDevice | null;
  /** The client is on no bus yet. */
  readonly late: boolean;
}

/** What a machine has besides the device and its IOMMUs. */
export interface Besides {
  readonly other?: boolean;
  readonly second?: boolean;
  /** With {@link other} only. */
  readonly refused?: boolean;
  readonly again?: boolean;
  /** The device itself is added by a task. */
  readonly late?: boolean;
}

/** Firmware's names for a device. */
export type Names = Pick<MachineDevice, 'of_node' | 'dma_node' | 'acpi'>;

/** A shape in some kind of firmware. */
export interface DescribedShape {
  readonly firmware: Pick<Machine, 'firmware' | 'fdt' | 'acpi'>;
  readonly iommus: readonly Names[];
  readonly other: Names | null;
  readonly members: ReadonlyMap<Member, Names>;
}

/** The smallest machine that has a device of this shape, and what else is asked for. */
export function machineOfShape(shape: Shape, besides: Besides = {}): ShapeMachine {
  const members = membersOf(shape, besides);
  const other = besides.other === true;
  const names = hasUnits(shape)
    ? unitsOfShape(shape, members, other)
    : shape.firmware === undefined
      ? devicetreeOfShape(shape, members, other)
      : acpiOfShape(shape, members, other);
  const iommus = names.iommus.map((of, i) => machineDevice(shape.iommus[i]?.name ?? '', of));
  const bystander = names.other === null ? null : machineDevice('other', names.other);
  const devices = devicesOf(shape, members, names);
  const deviceOf = (of: Member): MachineDevice => present(devices.get(of), of.name);
  const units = [...iommus, bystander].filter((of) => of !== null);
  const { above, client, second, mates, refused } = members;
  const again = besides.again === true ? { ...deviceOf(client), name: 'again' } : null;
  const clients = [...devices.values(), ...(again === null ? [] : [again])];
  return {
    ...names.firmware,
    ...(hasUnits(shape)
      ? { units: { table: shape.firmware, scopes: scopesOf(shape, units, clients) } }
      : {}),
    model: '',
    compatible: [],
    devices: [...units, ...clients],
    ...(refused === null ? {} : { hardware: new Map([['other', choosy]]) }),
    hostBridges: [],
    notes: [],
    client: deviceOf(client),
    iommus,
    other: bystander,
    second: second === null ? null : deviceOf(second),
    mates: mates.map(deviceOf),
    refused: refused === null ? null : deviceOf(refused),
    again,
    late: besides.late === true,
    container: above === null || shape.bus !== 'fsl-mc' ? null : deviceOf(above),
  };
}

/** What an IOMMU has to be like to refuse an ID. */
const choosy: IommuHardware = { streamIdBits: 31, endpoints: new Set() };

/** The members as devices, what is above the others first. */
function devicesOf(
  shape: Shape,
  members: Members,
  names: DescribedShape,
): ReadonlyMap<Member, MachineDevice> {
  const devices = new Map<Member, MachineDevice>();
  members.masters.forEach((master, segment) => {
    const bridges = bridgesAbove(shape, segment);
    for (const member of master) {
      const parent = members.above === null ? undefined : devices.get(members.above);
      devices.set(member, {
        ...machineDevice(member.name, present(names.members.get(member), member.name)),
        bus: shape.bus,
        ...(shape.bus === 'pci'
          ? { pci: functionOf(shape, members, member, segment, parent ?? bridges) }
          : {}),
        ...(shape.bus === 'cdx' || shape.bus === 'fsl-mc'
          ? { map_id: member.requesters[0] ?? 0 }
          : {}),
        ...(shape.bus === 'fsl-mc' && parent !== undefined ? { container: parent } : {}),
      });
    }
  });
  return devices;
}

function functionOf(
  shape: Shape,
  { above }: Members,
  member: Member,
  segment: number,
  bridge: MachineDevice | null,
): PciFunction {
  const { devfn } = member;
  const bus = requesterOf(0) >> 8;
  if (member === above) {
    const config = aliasBridge(bridgeBus, bus);
    return { segment, bus: bridgeBus, devfn, config, bridge: null };
  }
  const several = above === null && (shape.functions ?? 1) > 1;
  return { segment, bus, devfn, config: several ? oneOfSeveral : null, bridge };
}

/** Conventional bridges, one for each requester ID that a function has besides its own. */
function bridgesAbove(shape: Shape, segment: number, index = 1): MachineDevice | null {
  if (shape.bus !== 'pci' || shape.bridge !== undefined || index >= requesters(shape)) return null;
  const bridge = bridgesAbove(shape, segment, index + 1);
  const bus = requesterOf(index) >> 8;
  return {
    ...machineDevice(`bridge ${index} above ${shape.name}`, { of_node: null, dma_node: null }),
    bus: 'pci',
    pci: { segment, bus, devfn: 0, config: null, bridge },
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
