import type { device } from './device.ts';

// Device/port types of the PCI Express capability.
export const PCI_EXP_TYPE_ENDPOINT = 0;
export const PCI_EXP_TYPE_LEG_END = 1;
export const PCI_EXP_TYPE_ROOT_PORT = 4;
export const PCI_EXP_TYPE_UPSTREAM = 5;
export const PCI_EXP_TYPE_DOWNSTREAM = 6;
export const PCI_EXP_TYPE_PCI_BRIDGE = 7;
export const PCI_EXP_TYPE_PCIE_BRIDGE = 8;
export const PCI_EXP_TYPE_RC_END = 9;
export const PCI_EXP_TYPE_RC_EC = 10;

/** @linux include/linux/pci.h pci_bus */
export interface pci_bus {
  readonly number: number;
  /** The bridge that leads here; null on a root bus, and on one made up for virtual functions. */
  readonly self: pci_dev | null;
  /** Null on a root bus. */
  readonly parent: pci_bus | null;
  /** In the order in which they are found. */
  readonly devices: pci_dev[];
}

/** The two registers of the ACS capability. */
export interface pci_acs {
  /** What Linux takes it to be able to do. */
  capability: number;
  /** What is enabled: as firmware left it, until Linux adds to it. */
  control: number;
}

/** What configuration space says of a function, as far as grouping depends on it. */
export interface PciTraits {
  readonly vendor: number;
  readonly device: number;
  /** The type in the PCI Express capability, or null for conventional PCI. */
  readonly pcie_type: number | null;
  readonly multifunction: boolean;
  readonly is_virtfn: boolean;
  readonly acs: pci_acs | null;
  /** Whether requests can name address spaces of processes. */
  readonly pasid: boolean;
  /** Whether it has capabilities to cache translations, and to ask for pages. */
  readonly ats: boolean;
  readonly pri: boolean;
  /** What makes it an IOMMU of AMD: where the capability is, and its first register. */
  readonly iommu_capability: { readonly offset: number; readonly header: number } | null;
  /** Layout of the header: 0 endpoint, 1 bridge. */
  readonly hdr_type: number;
  /** 24 bits, the base class highest. */
  readonly class_code: number;
  /** The last bus number that a bridge passes on. */
  readonly subordinate_end: number;
  /** Of a virtual function. */
  readonly physfn: pci_dev | null;
  /** Message signalled interrupts; null where capabilities are not known. */
  readonly msi: boolean | null;
}

/** A function nothing is known of: a conventional device, alone in its slot. */
export const unknownFunction: PciTraits = {
  vendor: 0xffff,
  device: 0xffff,
  pcie_type: null,
  multifunction: false,
  is_virtfn: false,
  acs: null,
  pasid: false,
  ats: false,
  pri: false,
  iommu_capability: null,
  hdr_type: 0,
  class_code: 0,
  subordinate_end: 0,
  physfn: null,
  msi: null,
};

/**
 * Nothing here is in cells: the topology stays as it is while tasks run, and functions with a known
 * configuration space are on machines that boot on one CPU.
 *
 * @linux include/linux/pci.h pci_dev
 */
export class pci_dev {
  readonly segment: number;
  readonly bus: pci_bus;
  readonly devfn: number;
  readonly vendor: number;
  readonly device: number;
  readonly pcie_type: number | null;
  readonly is_virtfn: boolean;
  readonly acs: pci_acs | null;
  readonly pasid: boolean;
  readonly ats: boolean;
  readonly pri: boolean;
  readonly iommu_capability: PciTraits['iommu_capability'];
  readonly msi: boolean | null;
  /** Device and function numbers on its bus that its IOMMU's driver has found it to use. */
  readonly dma_aliases: Set<number> = new Set();
  readonly hdr_type: number;
  readonly class_code: number;
  readonly subordinate_end: number;
  readonly physfn: pci_dev | null;
  /** The header says so of function 0 as a rule; the scan, of the others when they are added. */
  multifunction: boolean;
  /** The machine has an IVRS, by which southbridges of AMD are told to isolate their functions. */
  has_ivrs = false;
  /** Firmware says that anybody can plug something in below this port. */
  external_facing = false;
  /** Firmware says that a tunnel begins here. */
  usb4_host_interface = false;
  /** What is at 0xf0 of function 1f.0 on its bus; null where that is not shown. */
  lpc_rcba: number | null = null;
  /** `PCI_DEV_FLAGS_ACS_ENABLED_QUIRK`: isolation was enabled by registers of its own. */
  acs_enabled_quirk = false;
  /** The function whose requester ID its DMA has: itself, or the VMD above. @linux arch/x86/pci/common.c pci_real_dma_dev */
  real_dma_dev: pci_dev = this;
  /** The bus below a bridge, once something is on it. */
  subordinate: pci_bus | null = null;
  /** Null for a bridge that only stands for the requester ID that it gives. */
  dev: device | null = null;

  constructor(segment: number, bus: pci_bus, devfn: number, traits: PciTraits = unknownFunction) {
    this.segment = segment;
    this.bus = bus;
    this.devfn = devfn;
    this.vendor = traits.vendor;
    this.device = traits.device;
    this.pcie_type = traits.pcie_type;
    this.multifunction = traits.multifunction;
    this.is_virtfn = traits.is_virtfn;
    this.acs = traits.acs === null ? null : { ...traits.acs };
    this.pasid = traits.pasid;
    this.ats = traits.ats;
    this.pri = traits.pri;
    this.iommu_capability = traits.iommu_capability;
    this.hdr_type = traits.hdr_type;
    this.class_code = traits.class_code;
    this.subordinate_end = traits.subordinate_end;
    this.physfn = traits.physfn;
    this.msi = traits.msi;
    bus.devices.push(this);
  }

  /** The bus below this bridge, made when it is first asked for. */
  busBelow(number: number): pci_bus {
    this.subordinate ??= { number, self: this, parent: this.bus, devices: [] };
    return this.subordinate;
  }
}

/** @linux include/linux/pci.h pci_is_root_bus */
export function pci_is_root_bus(bus: pci_bus): boolean {
  return bus.parent === null;
}

/** @linux include/linux/pci.h pci_upstream_bridge */
export function bridgeAbove(pdev: pci_dev): pci_dev | null {
  return (pdev.physfn ?? pdev).bus.self;
}

/** Bus number in bits 8 to 15, device and function below. */
export function pci_dev_id({ bus, devfn }: pci_dev): number {
  return (bus.number << 8) | devfn;
}

export function PCI_SLOT(devfn: number): number {
  return devfn >> 3;
}

export function PCI_FUNC(devfn: number): number {
  return devfn & 7;
}
