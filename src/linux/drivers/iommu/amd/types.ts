import { Struct } from '../../../../explore/index.ts';
import type { Ivhd } from '../../../../firmware/acpi/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { iommu_device, type iommu_group } from '../../../include/linux/iommu.ts';

/** Stays for a device that comes back. @linux drivers/iommu/amd/amd_iommu_types.h iommu_dev_data */
export class iommu_dev_data extends Struct {
  iommu: iommu_device | null = null;
  /** The IDs that the IOMMU knows the device by, its own first. */
  ids: readonly number[] = [];
}

/** @linux drivers/iommu/amd/amd_iommu_types.h amd_iommu */
export class amd_iommu extends iommu_device {
  /** What IVRS says of it; null on a machine made for exploring. */
  ivhd: Ivhd | null = null;
  /** What is known of each device behind it. A device is looked up by one task at a time. */
  readonly dev_data_list: Map<device, iommu_dev_data> = new Map();
  /** Of devices outside PCI, by ID. */
  readonly acpihid_groups: Map<number, iommu_group> = new Map();
}
