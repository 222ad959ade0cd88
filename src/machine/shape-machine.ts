import type { FdtNode, FdtProperty } from '../firmware/index.ts';
import type { Machine, MachineDevice } from './machine.ts';
import type { Shape } from './shape.ts';

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

/** The smallest machine that has a device of this shape, and what else is asked for. */
export function machineOfShape(
  shape: Shape,
  { other = false, second = false }: Besides = {},
): ShapeMachine {
  const children: FdtNode[] = [];
  const root = node('', null, {}, children, null);
  const providers = shape.iommus.map(({ name, compatible, cells }, i) =>
    node(name, root, { compatible: text(compatible), '#iommu-cells': words(cells) }, [], i + 1),
  );
  const described: Record<string, Uint8Array> =
    shape.bus === 'pci' ? { 'iommu-map': iommuMap(shape) } : { iommus: specifierList(shape) };
  const consumer = node(shape.name, root, described, [], null);
  const sibling = second ? siblingOf(shape, root) : null;
  const first = providers[0];
  const bystander =
    other && first !== undefined
      ? { ...first, name: 'other', path: '/other', phandle: null }
      : null;
  children.push(...[...providers, bystander, consumer, sibling].filter((np) => np !== null));
  const iommus = providers.map((np) => machineDevice(np.name, np));
  const unrelated = bystander === null ? null : machineDevice(bystander.name, bystander);
  const neighbour =
    sibling === null ? null : { ...machineDevice(sibling.name, sibling), bus: shape.bus };
  const client =
    shape.bus === 'pci'
      ? pciFunction(shape, consumer, 0)
      : { ...machineDevice(shape.name, consumer), bus: shape.bus };
  return {
    firmware: 'devicetree',
    model: '',
    compatible: [],
    fdt: { root, phandles: new Map(providers.map((np, i) => [i + 1, np])) },
    devices: [...iommus, unrelated, client, neighbour].filter((of) => of !== null),
    hostBridges: [],
    notes: [],
    client,
    iommus,
    other: unrelated,
    second: neighbour,
  };
}

/** IDs of devices that are made up lie this far from those of the shape. */
const idsBetween = 0x100;

function siblingOf(shape: Shape, root: FdtNode): FdtNode {
  const specifiers = shape.specifiers.map(({ iommu, args: [id = 0, ...rest] }) => ({
    iommu,
    args: [(id ^ idsBetween) >>> 0, ...rest],
  }));
  return node('second', root, { iommus: specifierList({ ...shape, specifiers }) }, [], null);
}

function specifierList({ specifiers }: Shape): Uint8Array {
  return words(...specifiers.flatMap(({ iommu, args }) => [iommu + 1, ...args]));
}

function iommuMap({ specifiers }: Shape): Uint8Array {
  return words(
    ...specifiers.flatMap(({ iommu, args: [output = 0] }, i) => [
      requesterOf(i),
      iommu + 1,
      output,
      1,
    ]),
  );
}

/** The nth requester ID of a function: its own on bus 16 + n, then those of the bridges above it. */
function requesterOf(index: number): number {
  return (0x20 - index) << 8;
}

/** The function, below as many conventional bridges as it has further requester IDs. */
function pciFunction(shape: Shape, host: FdtNode, index: number): MachineDevice {
  const bus = requesterOf(index) >> 8;
  const last = index === shape.specifiers.length - 1;
  const name = index === 0 ? shape.name : `bridge ${index} above ${shape.name}`;
  return {
    ...machineDevice(name, null),
    bus: 'pci',
    dma_node: host,
    pci: {
      segment: 0,
      bus,
      devfn: 0,
      config: null,
      bridge: last ? null : pciFunction(shape, host, index + 1),
    },
  };
}

function machineDevice(name: string, np: FdtNode | null): MachineDevice {
  return {
    name,
    bus: 'platform',
    path: '',
    of_node: np,
    dma_node: np,
    compatible: [],
    pci: null,
    assumed: false,
  };
}

function node(
  name: string,
  parent: FdtNode | null,
  values: Readonly<Record<string, Uint8Array>>,
  children: FdtNode[],
  phandle: number | null,
): FdtNode {
  const properties = new Map<string, FdtProperty>(
    Object.entries(values).map(([key, value]) => [key, { name: key, value, offset: 0 }]),
  );
  const path = parent === null ? '/' : `/${name}`;
  return { name, path, offset: 0, parent, properties, children, phandle };
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value);
  });
  return bytes;
}

function text(value: string): Uint8Array {
  return Uint8Array.from([...value, '\0'], (char) => char.charCodeAt(0));
}
