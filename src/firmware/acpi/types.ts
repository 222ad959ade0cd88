// What ACPI tables say about IOMMUs, in the fields of their specifications. Nodes refer to each
// other by offset from the start of the table, so every node carries its own.

/** One entry of a node's ID mapping array (DEN0049, table 4). */
export interface IortIdMapping {
  readonly input_base: number;
  /** The number of IDs *minus one*. */
  readonly id_count: number;
  readonly output_base: number;
  /** Offset of the node that the IDs go to. */
  readonly output_reference: number;
  readonly flags: number;
}

/** Flag: the input ID does not matter, the output is `output_base`. */
export const ACPI_IORT_ID_SINGLE_MAPPING = 1;

interface IortNodeHeader {
  readonly offset: number;
  readonly revision: number;
  readonly identifier: number;
  readonly mappings: readonly IortIdMapping[];
}

/** A device outside PCI, by its path in the ACPI namespace. */
export interface IortNamedComponent extends IortNodeHeader {
  readonly type: 'named-component';
  /** Bit 0: DMA can stall; bits 1 to 5: width of a PASID. */
  readonly node_flags: number;
  readonly device_name: string;
}

/** A PCI segment. */
export interface IortRootComplex extends IortNodeHeader {
  readonly type: 'root-complex';
  /** Bit 0: ATS is supported. */
  readonly ats_attribute: number;
  readonly pci_segment_number: number;
}

/** An SMMU of version 1 or 2. */
export interface IortSmmu extends IortNodeHeader {
  readonly type: 'smmu';
  readonly base_address: bigint;
  readonly model: number;
}

/** An SMMU of version 3. */
export interface IortSmmuV3 extends IortNodeHeader {
  readonly type: 'smmu-v3';
  readonly base_address: bigint;
  /** Interrupts that are wired, 0 where the SMMU sends messages. */
  readonly event_gsiv: number;
  readonly pri_gsiv: number;
  readonly gerr_gsiv: number;
  readonly sync_gsiv: number;
  /** Which mapping gives the device ID of the SMMU's own messages. */
  readonly id_mapping_index: number;
}

/** A performance monitor. */
export interface IortPmcg extends IortNodeHeader {
  readonly type: 'pmcg';
  readonly overflow_gsiv: number;
}

/** An ITS group and other nodes that have no part in finding an IOMMU. */
export interface IortOther extends IortNodeHeader {
  readonly type: 'its-group' | 'other';
}

export type IortNode =
  | IortNamedComponent
  | IortRootComplex
  | IortSmmu
  | IortSmmuV3
  | IortPmcg
  | IortOther;

/** I/O Remapping Table (DEN0049). */
export interface Iort {
  /** In table order. */
  readonly nodes: readonly IortNode[];
}

/** PCI functions of a range of segments, of a range of IDs in each. */
export interface ViotPciRange {
  readonly type: 'pci-range';
  readonly offset: number;
  readonly endpoint_start: number;
  readonly segment_start: number;
  readonly segment_end: number;
  readonly bdf_start: number;
  readonly bdf_end: number;
  /** Offset of the IOMMU's node. */
  readonly output_node: number;
}

/** A device with registers in memory. */
export interface ViotMmioEndpoint {
  readonly type: 'mmio-endpoint';
  readonly offset: number;
  readonly endpoint: number;
  readonly base_address: bigint;
  /** Offset of the IOMMU's node. */
  readonly output_node: number;
}

export interface ViotVirtioIommuPci {
  readonly type: 'virtio-iommu-pci';
  readonly offset: number;
  readonly segment: number;
  readonly bdf: number;
}

export interface ViotVirtioIommuMmio {
  readonly type: 'virtio-iommu-mmio';
  readonly offset: number;
  readonly base_address: bigint;
}

export type ViotIommu = ViotVirtioIommuPci | ViotVirtioIommuMmio;
export type ViotNode = ViotPciRange | ViotMmioEndpoint | ViotIommu;

/** Virtual I/O Translation Table (ACPI 6.5, 5.2.33). */
export interface Viot {
  /** In table order. */
  readonly nodes: readonly ViotNode[];
}
