// Which unit a device is behind, of drivers/iommu/intel/iommu.c.

import type { device } from '../../../include/linux/device.ts';
import { to_acpi_device_node } from '../../../include/linux/fwnode.ts';
import { type pci_dev, pci_dev_id } from '../../../include/linux/pci.ts';
import type { dmar_dev_scope, dmar_drhd_unit } from './dmar.ts';
import { isGraphics } from './graphics.ts';

/** A unit, the requester ID by which it knows the device, and why. */
export interface Found {
  readonly unit: dmar_drhd_unit;
  readonly id: number;
  /** The device, or the bridge above it, that is in its scope; null when it has all that is left. */
  readonly by: dmar_dev_scope | null;
}

/** By the bus numbers that a bridge passes on. @linux drivers/iommu/intel/iommu.c is_downstream_to_pci_bridge */
function is_downstream_to_pci_bridge({ bus }: pci_dev, { dev }: dmar_dev_scope): boolean {
  if ('kind' in dev || dev.subordinate === null) return false;
  return dev.subordinate.number <= bus.number && bus.number <= dev.subordinate_end;
}

/**
 * One that is ignored keeps others from having its devices all the same.
 *
 * @linux drivers/iommu/intel/iommu.c device_lookup_iommu
 */
export function device_lookup_iommu(units: readonly dmar_drhd_unit[], dev: device): Found | null {
  const found = unitWith(units, dev);
  return found === null || found.unit.ignored ? null : found;
}

/**
 * The unit that the device itself is in the scope of, or a bridge above it, or that takes all of its
 * segment. A virtual function goes by its physical one.
 */
export function unitWith(units: readonly dmar_drhd_unit[], dev: device): Found | null {
  return dev.pci === null ? unitWithObject(units, dev) : unitWithFunction(units, dev.pci);
}

function unitWithFunction(
  units: readonly dmar_drhd_unit[],
  { real_dma_dev: pdev }: pci_dev,
): Found | null {
  const named = pdev.physfn ?? pdev;
  const id = pci_dev_id(pdev);
  for (const unit of units) {
    if (unit.hdr.segment !== pdev.segment) continue;
    const by =
      unit.devices.find(
        (scope) => scope.dev === named || is_downstream_to_pci_bridge(named, scope),
      ) ?? null;
    if (by !== null || unit.include_all) return { unit, id, by };
  }
  return null;
}

function unitWithObject(units: readonly dmar_drhd_unit[], { fwnode }: device): Found | null {
  const companion = to_acpi_device_node(fwnode);
  for (const unit of units) {
    const by = unit.devices.find(({ dev }) => dev === companion);
    if (by !== undefined) return { unit, id: (by.bus << 8) | by.devfn, by };
  }
  return null;
}

/** Units without a device, and if nobody wants them those of graphics alone, are left alone. @linux drivers/iommu/intel/iommu.c init_no_remapping_devices */
export function init_no_remapping_devices(
  units: readonly dmar_drhd_unit[],
  withoutGraphics: boolean,
): void {
  for (const unit of units) {
    if (unit.include_all) continue;
    const graphics = unit.devices.every(({ dev }) => !('kind' in dev) && isGraphics(dev));
    if (unit.devices.length === 0 || (graphics && withoutGraphics)) unit.ignored = true;
  }
}
