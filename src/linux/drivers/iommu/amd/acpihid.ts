// Devices outside PCI that IVRS names by their objects in the ACPI namespace.

import { look, setIn, type Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import type { ErrPtr } from '../../../include/linux/errno.ts';
import { type acpi_device, to_acpi_device_node } from '../../../include/linux/fwnode.ts';
import type { iommu_group } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import type { acpihid_map_entry } from './ivrs.ts';
import type { amd_iommu } from './types.ts';

/** The entry about a device, null when there is none. */
export function* acpihidEntryOf(k: kernel, dev: device): Task<acpihid_map_entry | null> {
  const adev = to_acpi_device_node(dev.fwnode);
  const read = k.acpi?.ivrs;
  if (adev === null || read === undefined || read === null || typeof read === 'string') return null;
  return yield* k.acpihidEntryAmong(read.acpihid_map, adev);
}

/** The first entry with the object's HID, and its UID if it has one. @linux drivers/iommu/amd/iommu.c get_acpihid_device_id */
export function* acpihidEntryAmong(
  _k: kernel,
  map: readonly acpihid_map_entry[],
  adev: acpi_device,
): Task<acpihid_map_entry | null> {
  return map.find((entry) => isAbout(entry, adev)) ?? null;
}

/** @linux drivers/acpi/utils.c acpi_dev_hid_uid_match */
export function isAbout({ hid, uid }: acpihid_map_entry, adev: acpi_device): boolean {
  return hid === adev.hid && (uid === '' || uid === adev.uid);
}

/** Devices with one ID share a group. @linux drivers/iommu/amd/iommu.c acpihid_device_group */
export function* acpihid_device_group(
  k: kernel,
  dev: device,
  iommu: amd_iommu,
  devid: number,
): Task<iommu_group | ErrPtr> {
  const known = look(k.world, () => iommu.acpihid_groups.get(devid));
  if (known !== undefined) return yield* k.iommu_group_ref_get(known);
  const group = yield* k.generic_device_group(dev);
  if ('devices' in group) setIn(k.world, iommu.acpihid_groups, devid, group);
  return group;
}
