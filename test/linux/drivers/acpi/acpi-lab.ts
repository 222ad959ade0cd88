import { sequentially } from '../../../../src/explore/index.ts';
import {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type IortIdMapping,
  type IortNode,
  type IortSmmuV3,
  type ViotIommu,
  type ViotNode,
} from '../../../../src/firmware/index.ts';
import type { acpi_fwnode } from '../../../../src/linux/index.ts';
import type { Machine, MachineDevice } from '../../../../src/machine/index.ts';
import { type Lab, type LabOptions, labOn, nth } from '../../lab.ts';

/** A device of the ACPI namespace, or a PCI function below a host bridge of the namespace. */
export interface AcpiClient {
  readonly bus?: 'platform' | 'amba';
  readonly path?: string;
  readonly memory?: bigint;
  readonly cca?: boolean | null;
  readonly pci?: { readonly segment: number; readonly bus: number; readonly devfn: number };
  /** The client that is the bridge above it. */
  readonly bridge?: number;
  /** It is itself the IOMMU of this node. */
  readonly iommu?: ViotIommu;
}

export interface AcpiPlan {
  readonly iort?: readonly IortNode[];
  readonly viot?: readonly ViotNode[];
  /** Nodes that Linux can make no device for. */
  readonly broken?: readonly (IortNode | ViotNode)[];
  readonly clients: readonly AcpiClient[];
}

export interface AcpiLab extends Lab {
  /** All devices are added, then the drivers of these IOMMUs bind. */
  readonly start: (...bound: readonly number[]) => void;
}

const plain = {
  bus: 'platform',
  path: '',
  of_node: null,
  dma_node: null,
  compatible: [],
  pci: null,
  assumed: false,
} as const;

function isIommu(node: IortNode | ViotNode): node is IortNode | ViotIommu {
  return /^(smmu|virtio)/.test(node.type);
}

function machineOfPlan({ iort, viot, broken = [], clients }: AcpiPlan): Machine {
  const fwnodes = new Map<IortNode | ViotIommu, acpi_fwnode>();
  const iommus: MachineDevice[] = [];
  for (const node of [...(iort ?? []), ...(viot ?? [])]) {
    if (!isIommu(node) || broken.includes(node)) continue;
    const fwnode: acpi_fwnode = { kind: 'static', path: `${node.type} at ${node.offset}` };
    fwnodes.set(node, fwnode);
    iommus.push({ ...plain, name: fwnode.path, acpi: { fwnode, dma_companion: null } });
  }
  const devices: MachineDevice[] = [];
  for (const [i, of] of clients.entries()) {
    const object: acpi_fwnode = {
      kind: 'device',
      path: of.path ?? `\\_SB_.DEV${i}`,
      cca: of.cca === undefined ? true : of.cca,
      memory: of.memory ?? null,
    };
    const own = of.iommu === undefined ? object : (fwnodes.get(of.iommu) ?? null);
    const fwnode = of.pci === undefined ? own : null;
    const bridge = of.bridge === undefined ? null : nth(devices, of.bridge);
    devices.push({
      ...plain,
      name: `client ${i}`,
      bus: of.pci === undefined ? (of.bus ?? 'platform') : 'pci',
      acpi: { fwnode, dma_companion: object },
      pci: of.pci === undefined ? null : { ...of.pci, config: null, bridge },
    });
  }
  return {
    firmware: 'acpi',
    model: '',
    compatible: [],
    fdt: null,
    acpi: {
      iort: iort === undefined ? null : { nodes: iort },
      viot: viot === undefined ? null : { nodes: viot },
      fwnodes,
    },
    devices: [...iommus, ...devices],
    hostBridges: [],
    notes: [],
  };
}

export function inAcpiLab<T>(
  plan: AcpiPlan,
  body: (lab: AcpiLab) => T,
  options: LabOptions = {},
): T {
  const machine = machineOfPlan(plan);
  const iommus = machine.devices.length - plan.clients.length;
  return sequentially((world) => {
    const lab = labOn(world, machine, iommus, options);
    const start = (...bound: readonly number[]): void => {
      lab.addAll();
      for (const index of bound) lab.bind(lab.iommu(index));
    };
    return body({ ...lab, start });
  });
}

// ---- nodes -------------------------------------------------------------------------------------

/** A mapping of `count` IDs. */
export function range(
  input_base: number,
  count: number,
  output_base: number,
  to: { readonly offset: number },
): IortIdMapping {
  return {
    offset: 0,
    input_base,
    id_count: count - 1,
    output_base,
    output_reference: to.offset,
    flags: 0,
  };
}

/** A mapping that does not look at the input. */
export function single(output_base: number, to: { readonly offset: number }): IortIdMapping {
  return { ...range(0, 1, output_base, to), flags: ACPI_IORT_ID_SINGLE_MAPPING };
}

const header = { revision: 0, identifier: 0, mappings: [] };
const master = {
  ...header,
  memory_properties: { cache_coherency: 1, hints: 0, memory_flags: 3 },
  memory_address_limit: 64,
  node_flags: 0,
};

export function smmuV3(offset: number, more: Partial<IortSmmuV3> = {}): IortSmmuV3 {
  return {
    type: 'smmu-v3',
    ...header,
    offset,
    base_address: BigInt(offset),
    node_flags: 0,
    vatos_address: 0n,
    model: 0,
    event_gsiv: 0,
    pri_gsiv: 0,
    gerr_gsiv: 0,
    sync_gsiv: 0,
    proximity_domain: 0,
    id_mapping_index: 0,
    ...more,
  };
}

export function smmu(offset: number, mappings: readonly IortIdMapping[] = []): IortNode {
  return {
    type: 'smmu',
    ...header,
    offset,
    mappings,
    base_address: BigInt(offset),
    span: 0x1000n,
    model: 0,
    node_flags: 0,
    global_interrupts: [],
    context_interrupts: [],
    pmu_interrupts: [],
  };
}

export function itsGroup(offset: number): IortNode {
  return { type: 'its-group', ...header, offset, identifiers: [] };
}

export function named(path: string, ...mappings: readonly IortIdMapping[]): IortNode {
  return {
    type: 'named-component',
    ...master,
    offset: 0x8000,
    mappings,
    device_name: path,
  };
}

export function rootComplex(
  pci_segment_number: number,
  mappings: readonly IortIdMapping[],
  ats_attribute = 0,
): IortNode {
  return {
    type: 'root-complex',
    ...master,
    offset: 0x9000,
    mappings,
    ats_attribute,
    pci_segment_number,
    pasid_capabilities: 0,
  };
}
