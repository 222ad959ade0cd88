/** A capability in the first 256 bytes (PCI Local Bus Specification 3.0, 6.7). */
export interface PciCapability {
  readonly id: number;
  readonly offset: number;
}

/** An extended capability, from 0x100 on (PCI Express Base Specification, 7.6.3). */
export interface PciExtendedCapability {
  readonly id: number;
  readonly version: number;
  readonly offset: number;
}

/** The PCI Express capability (7.5.3): `type` is "Device/Port Type" of its capabilities register. */
export interface PciExpress {
  readonly type: number;
  readonly offset: number;
}

/** Access Control Services (7.7.11): what the function can enforce and what is enabled. */
export interface PciAcs {
  readonly offset: number;
  readonly capability: number;
  readonly control: number;
}

/** Single Root I/O Virtualization (9.3.3). */
export interface PciSriov {
  readonly offset: number;
  readonly total_vfs: number;
  readonly num_vfs: number;
  readonly first_vf_offset: number;
  readonly vf_stride: number;
}

/** What a function's configuration space says, with the specification's field names. */
export interface PciConfig {
  readonly vendor_id: number;
  readonly device_id: number;
  readonly command: number;
  readonly status: number;
  readonly revision_id: number;
  /** 24 bits: base class, sub-class, programming interface. */
  readonly class_code: number;
  /** The layout, bits 0 to 6 of the register: 0 endpoint, 1 bridge, 2 CardBus bridge. */
  readonly header_type: number;
  /** Bit 7 of the same register. */
  readonly multifunction: boolean;
  /** Bus numbers of a bridge (header type 1), null in every other function. */
  readonly primary_bus: number | null;
  readonly secondary_bus: number | null;
  readonly subordinate_bus: number | null;
  readonly capabilities: readonly PciCapability[];
  readonly pci_express: PciExpress | null;
  readonly extended_capabilities: readonly PciExtendedCapability[];
  readonly acs: PciAcs | null;
  readonly sriov: PciSriov | null;
}
