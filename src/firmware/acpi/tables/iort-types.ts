// What IORT says, in the fields of DEN0049. Nodes refer to each other by offset from the start of the
// table, so every node carries its own.

/** One entry of a node's ID mapping array (DEN0049, table 4). */
export interface IortIdMapping {
  readonly offset: number;
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

/** How a device's memory accesses behave (DEN0049, table 14). */
export interface IortMemoryAccess {
  /** 1: fully coherent. */
  readonly cache_coherency: number;
  /** Bits 0 to 3: transient, write allocate, read allocate, override. */
  readonly hints: number;
  /** Bit 0: coherent path to memory; bit 1: cacheable and inner-shareable; bit 2: CANWBS. */
  readonly memory_flags: number;
}

interface IortNodeHeader {
  readonly offset: number;
  readonly revision: number;
  /** Reserved in revision 0. */
  readonly identifier: number;
  readonly mappings: readonly IortIdMapping[];
}

/** A group of interrupt translation services. */
export interface IortItsGroup extends IortNodeHeader {
  readonly type: 'its-group';
  /** As in MADT. */
  readonly identifiers: readonly number[];
}

/** A device outside PCI, by its path in the ACPI namespace. */
export interface IortNamedComponent extends IortNodeHeader {
  readonly type: 'named-component';
  /** Bit 0: DMA can stall; bits 1 to 5: width of a PASID. */
  readonly node_flags: number;
  readonly memory_properties: IortMemoryAccess;
  /** In address bits. */
  readonly memory_address_limit: number;
  /** Raw: one character per byte, to be escaped before printing. */
  readonly device_name: string;
}

/** A PCI segment. */
export interface IortRootComplex extends IortNodeHeader {
  readonly type: 'root-complex';
  readonly memory_properties: IortMemoryAccess;
  /** Bit 0: ATS is supported; bit 1: PRI; bit 2: PASIDs are forwarded. */
  readonly ats_attribute: number;
  readonly pci_segment_number: number;
  /** In address bits; null in revision 0. */
  readonly memory_address_limit: number | null;
  /** Bits 0 to 4: width of a PASID; null in revision 0. */
  readonly pasid_capabilities: number | null;
  /** Bit 0: PASID is supported; null in nodes that end before it. */
  readonly node_flags: number | null;
}

/** A wired interrupt. Flag bit 0: edge-triggered. */
export interface IortInterrupt {
  readonly gsiv: number;
  readonly flags: number;
}

/** An SMMU of version 1 or 2. */
export interface IortSmmu extends IortNodeHeader {
  readonly type: 'smmu';
  readonly base_address: bigint;
  /** Size of its registers in bytes. */
  readonly span: bigint;
  /** 0 version 1, 1 version 2, 2 MMU-400, 3 MMU-500, 4 MMU-401, 5 ThunderX. */
  readonly model: number;
  /** Bit 0: distributed virtual memory; bit 1: coherent page table walks. */
  readonly node_flags: number;
  /** The fault interrupt, then the configuration interrupt; empty where the node gives no place. */
  readonly global_interrupts: readonly IortInterrupt[];
  readonly context_interrupts: readonly IortInterrupt[];
  readonly pmu_interrupts: readonly IortInterrupt[];
}

/** An SMMU of version 3. */
export interface IortSmmuV3 extends IortNodeHeader {
  readonly type: 'smmu-v3';
  readonly base_address: bigint;
  /** Bit 0: COHACC; bits 1 and 2: HTTU; bit 3: the proximity domain counts; bit 4: DeviceID map index does. */
  readonly node_flags: number;
  readonly vatos_address: bigint;
  /** 0 generic, 1 HiSilicon HI161x, 2 Cavium CN99xx. */
  readonly model: number;
  /** Interrupts that are wired, 0 where the SMMU sends messages. */
  readonly event_gsiv: number;
  readonly pri_gsiv: number;
  readonly gerr_gsiv: number;
  readonly sync_gsiv: number;
  /** 0 in nodes that end before it, as the next field is. */
  readonly proximity_domain: number;
  /** Which mapping gives the device ID of the SMMU's own messages. */
  readonly id_mapping_index: number;
}

/** A performance monitor. */
export interface IortPmcg extends IortNodeHeader {
  readonly type: 'pmcg';
  readonly page0_base_address: bigint;
  readonly overflow_gsiv: number;
  /** Offset of the node that it watches. */
  readonly node_reference: number;
  /** Null in revision 0. */
  readonly page1_base_address: bigint | null;
}

/** A piece of memory that devices go on using while Linux boots, in bytes. */
export interface IortMemoryRange {
  readonly offset: number;
  readonly base_address: bigint;
  readonly length: bigint;
}

/** Reserved memory; its mappings say for which stream IDs. */
export interface IortRmr extends IortNodeHeader {
  readonly type: 'rmr';
  /** Bit 0: may be remapped; bit 1: privileged accesses; bits 2 to 9: memory attribute. */
  readonly node_flags: number;
  readonly memory_ranges: readonly IortMemoryRange[];
}

/** A bridge from wired interrupts to messages. */
export interface IortIwb extends IortNodeHeader {
  readonly type: 'iwb';
  readonly config_frame_base: bigint;
  readonly iwb_index: number;
  /** Raw: one character per byte, to be escaped before printing. */
  readonly device_name: string;
}

/** A node of a type that DEN0049 did not have when this was written. */
export interface IortOther extends IortNodeHeader {
  readonly type: 'other';
  readonly node_type: number;
}

export type IortNode =
  | IortItsGroup
  | IortNamedComponent
  | IortRootComplex
  | IortSmmu
  | IortSmmuV3
  | IortPmcg
  | IortRmr
  | IortIwb
  | IortOther;

/** I/O Remapping Table (DEN0049). */
export interface Iort {
  /** In table order. */
  readonly nodes: readonly IortNode[];
}
