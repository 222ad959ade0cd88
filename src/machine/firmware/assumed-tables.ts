// Tables that nobody has shown: one IOMMU, of a kind, behind which everything is.

import type { Acpi, IortNode, IortSmmuV3, Ivhd } from '../../firmware/index.ts';
import { UsageError } from '../../util/index.ts';
import type { MachineDevice } from '../machine.ts';

/** Whose IOMMU is assumed. */
export const assumedIommus = ['intel', 'amd', 'arm'] as const;
export type AssumedIommu = (typeof assumedIommus)[number];

/** A table without a header of its own. */
const table = {
  header: {
    signature: '',
    length: 0,
    revision: 1,
    checksum: 0,
    oem_id: '',
    oem_table_id: '',
    oem_revision: 0,
    creator_id: '',
    creator_revision: 0,
  },
  bytes: new Uint8Array(),
  checksum_valid: true,
  notes: [],
  structures_read: [],
};

/** Anywhere in memory, but not at 0. */
const registers = 0xfed9_0000n;

const noTables: Acpi = {
  tables: [],
  files: [],
  iort: null,
  viot: null,
  dmar: null,
  ivrs: null,
  mcfg: null,
  notes: [],
};

/**
 * Tables that give each segment an IOMMU, which has whatever is there.
 *
 * @param functions those that are shown: of AMD's IOMMUs each is one
 */
export function assumedTables(
  kind: AssumedIommu,
  segments: readonly number[],
  functions: readonly MachineDevice[],
): Acpi {
  const allocations = segments.map((segment) => ({
    offset: 0,
    base_address: 0n,
    segment,
    start_bus: 0,
    end_bus: 0xff,
  }));
  const tables = { ...noTables, mcfg: { ...table, allocations } };
  switch (kind) {
    case 'intel':
      return { ...tables, dmar: dmarOf(segments) };
    case 'amd':
      return { ...tables, ivrs: { ...table, iv_info: 0, blocks: unitsOfAmd(functions) } };
    case 'arm':
      return { ...tables, iort: { ...table, nodes: segments.flatMap(nodesOf) } };
  }
}

function dmarOf(segments: readonly number[]): NonNullable<Acpi['dmar']> {
  const structures = segments.map((segment, i) => ({
    type: 'drhd' as const,
    offset: 0,
    flags: 1, // whatever is on the segment
    size: 0,
    segment,
    base_address: registers + BigInt(i) * 0x1000n,
    scopes: [],
  }));
  return { ...table, host_address_width: 39, flags: 1, structures };
}

/** Each has what comes before the next one: there is one for each root bus. */
function unitsOfAmd(functions: readonly MachineDevice[]): Ivhd[] {
  const units = functions.flatMap(({ pci }) => {
    const capability = pci?.config?.secure_device ?? null;
    if (pci === null || capability === null) return [];
    const { segment, bus, devfn } = pci;
    return [{ segment, bus, device_id: (bus << 8) | devfn, capability }];
  });
  if (units.length === 0)
    throw new UsageError(
      'machine/no-amd-iommu',
      'no function that is shown is an IOMMU of AMD',
      'it says so behind its first 64 bytes: sudo lspci -xxxx > lspci.txt',
    );
  return units.map(({ segment, bus, device_id, capability }, i) => {
    const isFirst = units[i - 1]?.segment !== segment;
    const next = units[i + 1]?.segment === segment ? (units[i + 1]?.bus ?? 0x100) : 0x100;
    const at = { offset: 0, settings: 0 };
    return {
      type: 'ivhd',
      offset: 0,
      block_type: 0x10,
      flags: 0,
      device_id,
      capability_offset: capability.offset,
      base_address: registers + BigInt(i) * 0x8_0000n,
      segment,
      info: 0,
      features: 0,
      efr: null,
      efr2: null,
      entries: [
        { ...at, type: 'start', device_id: isFirst ? 0 : bus << 8 },
        { ...at, type: 'end', device_id: (next << 8) - 1 },
      ],
    };
  });
}

/** An SMMUv3 with nothing but registers. */
export const plainSmmuV3: Omit<IortSmmuV3, 'offset' | 'revision' | 'identifier' | 'base_address'> =
  {
    type: 'smmu-v3',
    mappings: [],
    node_flags: 0,
    vatos_address: 0n,
    model: 0,
    event_gsiv: 0,
    pri_gsiv: 0,
    gerr_gsiv: 0,
    sync_gsiv: 0,
    proximity_domain: 0,
    id_mapping_index: 0,
  };

/** An SMMUv3, and a root complex whose functions all go there. */
function nodesOf(segment: number, i: number): IortNode[] {
  const [smmu, complex] = [2 * i + 1, 2 * i + 2];
  const mapping = { offset: 0, input_base: 0, id_count: 0xffff, output_base: 0, flags: 0 };
  return [
    {
      ...plainSmmuV3,
      offset: smmu,
      revision: 1,
      identifier: smmu,
      base_address: registers + BigInt(i) * 0x2_0000n,
      node_flags: 1,
    },
    {
      type: 'root-complex',
      offset: complex,
      revision: 1,
      identifier: complex,
      mappings: [{ ...mapping, output_reference: smmu }],
      memory_properties: { cache_coherency: 1, hints: 0, memory_flags: 3 },
      ats_attribute: 0,
      pci_segment_number: segment,
      memory_address_limit: 64,
      pasid_capabilities: 0,
      node_flags: 0,
    },
  ];
}
