// Why a device is behind no unit of IVRS.

import type { AmdUnits, device } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Boot } from '../boot/boot.ts';

/** The test that failed. */
export function ivrsReason({ k }: Boot, dev: device): string {
  const read = k.acpi?.ivrs ?? null;
  if (typeof read === 'string') return `Linux gives up on IVRS: ${read}`;
  if (read === null || k.units === null) return 'the kernel has no driver for the IOMMUs of IVRS';
  if (k.config.no_iommu || k.config.amd_iommu_disabled)
    return 'the command line turns the IOMMUs off';
  const registered = k.iommu_device_list.value;
  if (!k.units.instances.every((unit) => registered.includes(unit)))
    return `Linux uses no IOMMU: ${k.amd_problem ?? 'they have not registered'}`;
  return dev.pci === null ? objectReason(read, dev) : functionReason(read, dev.pci);
}

function functionReason(
  { units, segments }: AmdUnits,
  { segment: id, bus, devfn }: NonNullable<device['pci']>,
): string {
  const segment = segments.get(id);
  if (segment === undefined) return `IVRS has no unit for segment ${id}`;
  const devid = (bus.number << 8) | devfn;
  const itself = units.findIndex((unit) => unit.segment === id && unit.device_id === devid);
  if (itself >= 0) return `it is the IOMMU ivhd${itself} itself`;
  return devid > segment.last_bdf
    ? `its ID ${hex(devid)} is beyond ${hex(segment.last_bdf)}, the last one in IVRS`
    : `no entry of IVRS names its ID ${hex(devid)}`;
}

function objectReason({ acpihid_map }: AmdUnits, { fwnode }: device): string {
  const hid = fwnode !== null && 'kind' in fwnode && fwnode.kind === 'device' ? fwnode.hid : null;
  return acpihid_map.some((entry) => entry.hid === hid)
    ? 'IVRS names objects with its _HID and another _UID'
    : 'no entry of IVRS names its object';
}
