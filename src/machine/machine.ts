import type { Acpi } from '../firmware/acpi/index.ts';
import type { Fdt, FdtNode, SourceLines } from '../firmware/fdt/index.ts';
import type { PciConfig } from '../firmware/pci/index.ts';
import type {
  AcpiTables,
  acpi_device,
  acpi_fwnode,
  DriverName,
  IommuHardware,
  IommuTable,
  OsiNames,
} from '../linux/index.ts';

/** Each kind of IOMMU as a hypervisor emulates it, by its driver. */
export type Emulation = Readonly<Partial<Record<DriverName, IommuHardware>>>;

/** Where a PCI device sits, and what its configuration space says when the input shows it. */
export interface PciFunction {
  readonly segment: number;
  readonly bus: number;
  /** Device number in bits 3 to 7, function number in bits 0 to 2. */
  readonly devfn: number;
  readonly config: PciConfig | null;
  /** The upstream bridge function, null on a root bus. */
  readonly bridge: MachineDevice | null;
  /** Firmware has a host bridge of the segment, and neither that nor a bridge leads to the bus. */
  readonly isStray?: true;
  /** What ACPI says of it, where it is a port. */
  readonly port?: AcpiPort;
  /** Whose requester ID its DMA has, where that is another function, which it is in a domain below. */
  readonly real_dma_dev?: MachineDevice;
  /** A virtual function has a physical one. */
  readonly physfn?: MachineDevice;
}

/** The names of a device on a machine with ACPI. */
export interface AcpiIdentity {
  readonly fwnode: acpi_fwnode | null;
  /** The object whose `_CCA` counts: a PCI device's host bridge, else its own. */
  readonly dma_companion: acpi_device | null;
}

/** How a device comes to be that some driver makes in its probe. */
export interface Making {
  /** There is no device as long as this one is not bound. */
  readonly by: MachineDevice;
  readonly driver: string;
  /** The first kernel of v6.1, v6.12 and v7.3 that has the driver for it; null for all. */
  readonly since: 'v6.12' | 'v7.3' | null;
  /** The node that the driver is for, where that is one below `by` on a bus that is not modelled. */
  readonly through: FdtNode | null;
}

/** A device that Linux creates from firmware or by scanning a bus. */
export interface MachineDevice {
  /** As in `/sys/bus/<bus>/devices`: `9050000.smmuv3`, `0000:00:01.0`. */
  readonly name: string;
  readonly bus: 'platform' | 'amba' | 'pci' | 'fsl-mc' | 'host1x-context' | 'cdx';
  /** Path below `/sys`: `devices/platform/9050000.smmuv3`. */
  readonly path: string;
  readonly of_node: FdtNode | null;
  /** The node whose `iommus` or `iommu-map` counts: a PCI device's host bridge, else `of_node`. */
  readonly dma_node: FdtNode | null;
  /** The ID by which `iommu-map` of `dma_node` knows it, where that is no requester ID. */
  readonly map_id?: number;
  /** The object that it is in, on the bus of a management complex. */
  readonly container?: MachineDevice;
  /** What ACPI knows the device by, on a machine that has it. */
  readonly acpi?: AcpiIdentity;
  readonly compatible: readonly string[];
  readonly pci: PciFunction | null;
  /** Absent where the kernel makes it by itself, or a bus shows it. */
  readonly made?: Making;
  /** Stands for something the input does not show, such as one function per `iommu-map` entry. */
  readonly assumed: boolean;
  /** What of it the firmware does not show, each as `assume` says it; absent where it shows all. */
  readonly assumes?: readonly string[];
}

/** A PCI host bridge: its device, its segment (PCI domain) and the buses it answers for. */
export interface HostBridge {
  readonly device: MachineDevice;
  readonly segment: number;
  /** First and last bus number. */
  readonly bus_range: readonly [number, number];
}

/** What the object of a port says of what is plugged in below it, and the ports below. */
export interface AcpiPort {
  /** `ExternalFacingPort`: it leads out of the machine. */
  readonly external_facing: boolean;
  /** `usb4-host-interface`: what is below it comes through a tunnel. */
  readonly usb4_host_interface: boolean;
  readonly ports: AcpiPorts;
}

/** By device and function number on the bus. */
export type AcpiPorts = ReadonlyMap<number, AcpiPort>;

/** Where PCI buses begin, in any kind of firmware. */
export interface PciRoot extends Pick<MachineDevice, 'of_node' | 'acpi'> {
  readonly segment: number;
  /** First and last bus number. */
  readonly bus_range: readonly [number, number];
  /** Of its root bus, as far as ACPI tells. */
  readonly ports?: AcpiPorts;
  /** No firmware says that there is such a host bridge. */
  readonly isAssumed?: true;
  /** Below `/sys`, of what the root bus is below. */
  readonly path: string;
}

/**
 * The IOMMUs in a table of x86 or s390, and the devices that it puts behind each. Only in a machine
 * made for exploring are they among the machine's devices.
 */
export interface Units {
  readonly table: IommuTable;
  readonly scopes: ReadonlyMap<MachineDevice, readonly MachineDevice[]>;
}

/** The architectures whose kernels are configured in another way. */
export type Architecture = 'arm64' | 'x86';

/** Bytes that a machine was read from. */
export interface Source {
  /** Null when they came from no file. */
  readonly file: string | null;
  readonly bytes: Uint8Array;
  /** Where a devicetree that was compiled is written. */
  readonly lines?: SourceLines;
}

/** By `devicetree`, the signature of an ACPI table, or the name of a PCI function. */
export type Sources = ReadonlyMap<string, Source>;

/** `none`: only PCI functions are known, and an IOMMU for all of them is assumed. */
export type FirmwareKind = 'devicetree' | 'acpi' | 'none';

/** What PCI functions are called where the input says, by their names. Raw. */
export interface Titles {
  /** The file. */
  readonly from: string;
  readonly of: ReadonlyMap<string, { readonly class_name: string; readonly title: string }>;
}

/** What firmware, and captured PCI functions, say a machine is. */
export interface Machine {
  readonly firmware: FirmwareKind;
  /** Taken to be arm64 where nothing says otherwise. */
  readonly architecture?: Architecture;
  readonly model: string;
  readonly compatible: readonly string[];
  /** The command line that firmware gives the kernel; absent where it is not known. */
  readonly bootargs?: string;
  /** Options on its command line that are of no release of Linux; absent where there are none. */
  readonly foreignOptions?: readonly string[];
  /** Where phandles lead; null without a devicetree. */
  readonly fdt: Pick<Fdt, 'phandles' | 'root'> | null;
  /** The tables about IOMMUs; absent without ACPI. */
  readonly acpi?: AcpiTables;
  /** All tables as they were read; absent where none were. */
  readonly tables?: Acpi;
  /** IOMMUs that are no devices of a bus; absent where there are none. */
  readonly units?: Units;
  /** What the hypervisor makes of each kind of IOMMU; absent where none is recognised. */
  readonly emulation?: Emulation;
  /** What is known of IOMMUs that firmware does not say, by the names of their devices. */
  readonly hardware?: ReadonlyMap<string, IommuHardware>;
  /** In the order in which Linux creates them. */
  readonly devices: readonly MachineDevice[];
  /** Devices that are there, and that nobody asks about; absent where all are asked about. */
  readonly others?: readonly MachineDevice[];
  readonly hostBridges: readonly HostBridge[];
  /** Absent where the input has only numbers. */
  readonly titles?: Titles;
  /** What it was read from; absent where nobody asks for bytes. */
  readonly sources?: Sources;
  /** What was assumed, or could not be used, and why. */
  readonly notes: readonly string[];
  /** This machine, where code in its tables gets other answers from `_OSI`. */
  readonly answering?: (of: Machine, osi: OsiNames) => Machine;
}
