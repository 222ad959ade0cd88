// The ACPI tables that describe a shape.

import {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type IortIdMapping,
  type IortNode,
  type IortSmmu,
  type IortSmmuV3,
  type ViotIommu,
  type ViotNode,
  type ViotVirtioIommuMmio,
} from '../../firmware/index.ts';
import {
  type acpi_device,
  type acpi_fwnode,
  iommuDrivers,
  to_acpi_device_node,
} from '../../linux/index.ts';
import { InternalError } from '../../util/index.ts';
import { plainSmmuV3 } from '../firmware/assumed-tables.ts';
import type { DescribedShape, Names } from './machine.ts';
import type { Member, Members } from './members.ts';
import type { Shape, ShapeIommu } from './shape.ts';

type IommuNode = IortSmmu | IortSmmuV3 | ViotVirtioIommuMmio;

/** Describe the devices of a shape, and perhaps an IOMMU that no device refers to. */
export function acpiOfShape(shape: Shape, members: Members, other: boolean): DescribedShape {
  const tables = shape.firmware?.split('+') ?? [];
  const [first] = shape.iommus;
  const bystander = other && first !== undefined ? { ...first, name: 'other' } : null;
  const nodes = [...shape.iommus, bystander].filter((of) => of !== null).map(iommuNode);
  const fwnodes = new Map<IortNode | ViotIommu, acpi_fwnode>(
    nodes.map((node, i) => [node, iommuFwnode(node, shape.iommus[i]?.name ?? 'other')]),
  );
  const masters = members.masters.map((master, i) => masterOf(shape, master, i));
  const leadsTo = (is: (node: IommuNode) => boolean) => (master: Master) => ({
    ...master,
    members: master.members.map((member) => ({
      ...member,
      specifiers: member.specifiers.filter(({ iommu }) => nodes.slice(iommu, iommu + 1).some(is)),
    })),
  });
  const iommus = [...fwnodes.values()].map(
    (fwnode): Names => ({
      ...noNode,
      acpi: { fwnode, dma_companion: to_acpi_device_node(fwnode) },
    }),
  );
  const named = masters.flatMap(({ byId, object, members: below }) =>
    below.map((member): [Member, Names] => [
      member,
      { ...noNode, acpi: { fwnode: byId ? null : object, dma_companion: object } },
    ]),
  );
  const iort = {
    nodes: [...nodes.filter(isSmmu), ...masters.map(leadsTo(isSmmu)).map(iortMaster)],
  };
  const viot = {
    nodes: [...nodes.filter(isViommu), ...masters.map(leadsTo(isViommu)).flatMap(viotEndpoints)],
  };
  return {
    firmware: {
      firmware: 'acpi',
      fdt: null,
      acpi: {
        iort: tables.includes('iort') ? iort : null,
        viot: tables.includes('viot') ? viot : null,
        fwnodes,
      },
    },
    iommus: iommus.slice(0, shape.iommus.length),
    other: iommus[shape.iommus.length] ?? null,
    members: new Map(named),
  };
}

const noNode: Names = { of_node: null, dma_node: null };

/** Where the node of the nth IOMMU lies; those of devices come behind all of them. */
function iommuOffset(index: number): number {
  return 0x1000 + 0x100 * index;
}

function iommuNode({ compatible }: ShapeIommu, index: number): IommuNode {
  const driver = iommuDrivers.find((known) => known.compatible.includes(compatible));
  const offset = iommuOffset(index);
  const base_address = BigInt(0x1000 * (index + 1));
  const header = { offset, revision: 0, identifier: index, node_flags: 0, model: 0, mappings: [] };
  switch (driver?.acpi?.nodes[0]) {
    case 'smmu':
      return {
        type: 'smmu',
        ...header,
        base_address,
        span: 0x1000n,
        global_interrupts: [],
        context_interrupts: [{ gsiv: 0, flags: 0 }],
        pmu_interrupts: [],
      };
    case 'smmu-v3':
      return { ...plainSmmuV3, ...header, base_address };
    case 'virtio-iommu-mmio':
      return { type: 'virtio-iommu-mmio', offset, base_address };
    default:
      throw new InternalError(`no ACPI table has a node for ${compatible}`);
  }
}

/** Linux makes the device of an SMMU from IORT; a virtio-iommu is an object of the namespace. */
function iommuFwnode(node: IommuNode, name: string): acpi_fwnode {
  return node.type === 'virtio-iommu-mmio'
    ? { kind: 'device', path: `\\_SB_.${name}`, cca: true, memory: node.base_address }
    : { kind: 'static', path: name };
}

function isSmmu(node: IommuNode): node is IortSmmu | IortSmmuV3 {
  return node.type !== 'virtio-iommu-mmio';
}

function isViommu(node: IommuNode): node is ViotVirtioIommuMmio {
  return node.type === 'virtio-iommu-mmio';
}

/** A device that does DMA, or the host bridge or the management complex of some. */
interface Master {
  readonly pci: boolean;
  /** What does DMA is below it, and is told apart by the IDs that it is mapped from. */
  readonly byId: boolean;
  readonly object: acpi_device;
  readonly offset: number;
  readonly segment: number;
  readonly members: readonly Member[];
}

function masterOf({ bus }: Shape, members: readonly Member[], index: number): Master {
  const pci = bus === 'pci';
  const path = pci ? `\\_SB_.PCI${index}` : `\\_SB_.DEV${index}`;
  const memory = pci ? null : BigInt(0x10_0000 * (index + 1));
  const offset = 0x10_0000 * (index + 1);
  const object = { kind: 'device', path, cca: true, memory } as const;
  return { pci, byId: pci || bus === 'fsl-mc', object, offset, segment: index, members };
}

/** The specifiers of what is below, one for each ID that they are mapped from. */
function mappedOf({ byId, members }: Master): { iommu: number; id: number; from: number }[] {
  const mapped: { iommu: number; id: number; from: number }[] = [];
  for (const { specifiers, requesters } of members)
    specifiers.forEach(({ iommu, args: [id = 0] }, i) => {
      const from = byId ? (requesters[i] ?? 0) : 0;
      if (!byId || !mapped.some((known) => known.from === from)) mapped.push({ iommu, id, from });
    });
  return mapped;
}

function iortMaster(master: Master): IortNode {
  const { pci, byId, object, offset, segment } = master;
  const mappings = mappedOf(master).map(
    ({ iommu, id, from }, i): IortIdMapping => ({
      offset: offset + 0x40 + 20 * i,
      input_base: from,
      id_count: 0,
      output_base: id,
      output_reference: iommuOffset(iommu),
      flags: byId ? 0 : ACPI_IORT_ID_SINGLE_MAPPING,
    }),
  );
  const memory_properties = { cache_coherency: 1, hints: 0, memory_flags: 3 };
  const header = {
    offset,
    revision: 0,
    identifier: 0,
    mappings,
    memory_properties,
    memory_address_limit: 64,
    node_flags: 0,
  };
  return pci
    ? {
        type: 'root-complex',
        ...header,
        ats_attribute: 0,
        pci_segment_number: segment,
        pasid_capabilities: 0,
      }
    : { type: 'named-component', ...header, device_name: object.path };
}

/** Of a device outside PCI the last endpoint counts alone: it has one ID. */
function viotEndpoints(master: Master): ViotNode[] {
  const { pci, object, offset, segment } = master;
  return mappedOf(master).map(({ iommu, id, from }, i): ViotNode => {
    const header = { offset: offset + 0x100 * i, output_node: iommuOffset(iommu) };
    return pci
      ? {
          type: 'pci-range',
          ...header,
          endpoint_start: id,
          segment_start: segment,
          segment_end: segment,
          bdf_start: from,
          bdf_end: from,
        }
      : { type: 'mmio-endpoint', ...header, endpoint: id, base_address: object.memory ?? 0n };
  });
}
