// Memory that firmware wants mapped one to one for a device as long as the machine runs. A device that
// has some cannot be given away.

import { type Fdt, type FdtNode, propertyOf } from '../../firmware/index.ts';
import { hex } from '../../util/index.ts';
import { functionInScope, leavesReservedMemory } from '../firmware/acpi/scopes.ts';
import { requesterId } from '../firmware/pci-names.ts';
import { iommuAddresses, memoryOf, regionsOf } from '../firmware/reserved-memory.ts';
import type { InspectedDevice } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';

/** What firmware reserves. */
export interface Reserved {
  /** `RMRR at 0x7d000000`, for a person. */
  readonly text: string;
  /** The first kernel that heeds it; null for all. */
  readonly since: string | null;
  /** Whether Linux lets the device leave it. */
  readonly relaxable: boolean;
}

export function reservedFor(
  machine: Machine,
  of: MachineDevice,
  { iommus }: Pick<InspectedDevice, 'iommus'>,
): Reserved[] {
  return [
    ...inDmar(machine, of),
    ...inIvrs(machine, of),
    ...inIort(machine, iommus),
    ...inTree(machine, of),
  ];
}

function inDmar({ tables, devices }: Machine, of: MachineDevice): Reserved[] {
  const functions = new Map(devices.map((device) => [device.name, device]));
  const whose = of.pci?.physfn ?? of;
  return (tables?.dmar?.structures ?? []).flatMap((one) => {
    if (one.type !== 'rmrr') return [];
    const isIts = one.scopes.some(
      (scope) => functionInScope(functions, one.segment, scope) === whose,
    );
    if (!isIts) return [];
    const text = `DMAR: RMRR at ${hex(one.base_address)}`;
    const relaxable = leavesReservedMemory(of.pci?.config?.class_code ?? 0);
    return [{ text, since: null, relaxable }];
  });
}

/** Where direct mappings keep a device from those who want its IOMMU empty (drivers/iommu/iommu.c). */
const directCounts = 'v6.6';

/** Bits of the flags of IVMD, and its types. */
const unity = 1;
const exclusion = 8;

function inIvrs({ tables }: Machine, { pci }: MachineDevice): Reserved[] {
  if (pci === null || pci.segment !== 0) return [];
  const id = requesterId(pci);
  return (tables?.ivrs?.blocks ?? []).flatMap((one) => {
    if (one.type !== 'ivmd' || (one.flags & (unity | exclusion)) !== unity) return [];
    const { block_type, device_id, auxiliary } = one;
    const holds =
      block_type === 0x20 ||
      (block_type === 0x21 && id === device_id) ||
      (block_type === 0x22 && id >= device_id && id <= auxiliary);
    return holds
      ? [{ text: `IVRS: IVMD at ${hex(one.start_address)}`, since: directCounts, relaxable: false }]
      : [];
  });
}

/** RMR nodes name stream IDs of SMMUs. */
function inIort({ acpi }: Machine, iommus: InspectedDevice['iommus']): Reserved[] {
  const nodes = acpi?.iort?.nodes ?? [];
  return nodes.flatMap((node) => {
    if (node.type !== 'rmr') return [];
    const isIts = node.mappings.some(({ output_base, id_count, output_reference }) => {
      const smmu = nodes.find(({ offset }) => offset === output_reference);
      const name = smmu === undefined ? undefined : acpi?.fwnodes.get(smmu)?.path;
      return iommus.some(
        ({ iommu, ids }) =>
          iommu === name && ids.some(({ id }) => id >= output_base && id <= output_base + id_count),
      );
    });
    const [range] = node.memory_ranges;
    if (!isIts || range === undefined) return [];
    const relaxable = (node.node_flags & 1) === 1;
    return [{ text: `IORT: RMR node at ${hex(node.offset)}`, since: directCounts, relaxable }];
  });
}

/** Regions of the device that say in `iommu-addresses` where it sees them. */
function inTree({ fdt }: Machine, { of_node }: MachineDevice): Reserved[] {
  if (fdt === null || of_node === null) return [];
  return regionsOf(fdt, of_node)
    .filter((region) => isMappedAsItIs(fdt, region, of_node))
    .map(({ path }) => ({
      text: `${path}: iommu-addresses`,
      since: directCounts,
      relaxable: false,
    }));
}

/** The addresses of the device are those of memory: other ones are only left out. */
function isMappedAsItIs(fdt: Pick<Fdt, 'phandles'>, region: FdtNode, of_node: FdtNode): boolean {
  const memory = memoryOf(region);
  const addresses = propertyOf(region, 'iommu-addresses');
  if (memory === null || addresses === undefined) return false;
  return iommuAddresses(fdt, addresses).entries.some(
    ({ node, address, size }) =>
      node === of_node && address === memory.address && size === memory.size,
  );
}
