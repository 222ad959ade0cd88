import type { Dmar, Iort, IortNode, Viot, ViotIommu } from '../../../firmware/acpi/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { AmdUnits } from '../../drivers/iommu/amd/ivrs.ts';

/** A device object of the ACPI namespace. @linux include/acpi/acpi_bus.h acpi_device */
export interface acpi_device {
  readonly kind: 'device';
  /** Full pathname: `\_SB_.PCI0`. */
  readonly path: string;
  /** What `_CCA` says, perhaps of a parent; null when it is missing. */
  readonly cca: boolean | null;
  /** Where its first memory resource begins. */
  readonly memory: bigint | null;
  /** What `_HID` and `_UID` say; absent where nobody asks. */
  readonly hid?: string | null;
  readonly uid?: string | null;
  /** The object, itself or above, whose `_DMA` says what its DMA reaches. */
  readonly dma?: string;
}

/** What Linux makes for an IOMMU that has no device object. @linux include/linux/acpi.h acpi_alloc_fwnode_static */
export interface acpi_static_fwnode {
  readonly kind: 'static';
  /** A name for traces. */
  readonly path: string;
}

export type acpi_fwnode = acpi_device | acpi_static_fwnode;

/** Firmware's name for a device. @linux include/linux/fwnode.h fwnode_handle */
export type fwnode_handle = FdtNode | acpi_fwnode;

/** The tables, and what became of the IOMMUs in them when Linux started. None of it changes later. */
export interface AcpiTables {
  readonly iort: Iort | null;
  readonly viot: Viot | null;
  /** What IVRS comes to, or why Linux gives up on it; absent where nobody asks. */
  readonly ivrs?: AmdUnits | string | null;
  readonly dmar?: Dmar | null;
  /** The name of the device that each IOMMU node stands for; none when Linux could not make one. */
  readonly fwnodes: ReadonlyMap<IortNode | ViotIommu, acpi_fwnode>;
}

/** @linux include/linux/of.h to_of_node */
export function to_of_node(fwnode: fwnode_handle | null): FdtNode | null {
  return fwnode === null || 'kind' in fwnode ? null : fwnode;
}

/** @linux include/linux/acpi.h to_acpi_device_node */
export function to_acpi_device_node(fwnode: fwnode_handle | null): acpi_device | null {
  return fwnode !== null && 'kind' in fwnode && fwnode.kind === 'device' ? fwnode : null;
}
