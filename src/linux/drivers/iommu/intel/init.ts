// How Intel's driver starts: it reads DMAR, and registers the units that are of use.

import { assign, look, type Task } from '../../../../explore/index.ts';
import type { Dmar } from '../../../../firmware/acpi/index.ts';
import type { DmarRegisters } from '../../../hardware.ts';
import type { device } from '../../../include/linux/device.ts';
import { to_acpi_device_node } from '../../../include/linux/fwnode.ts';
import type { iommu_device } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import {
  type DmarUnits,
  dmar_dev_scope_init,
  type dmar_drhd_unit,
  dmar_validate_one_drhd,
  drhdsOf,
  parse_dmar_table,
} from './dmar.ts';
import { graphicsAreOff } from './graphics.ts';
import { device_lookup_iommu, init_no_remapping_devices } from './lookup.ts';
import { isDisabled, wantsScalableMode } from './options.ts';

const driver = 'intel-iommu';

/** A table that is right is reason enough to ask for ACS, before PCI is scanned. @linux drivers/iommu/intel/dmar.c detect_intel_iommu */
export function* detect_intel_iommu(k: kernel): Task {
  const dmar = k.acpi?.dmar ?? null;
  if (dmar === null || k.config.no_iommu) return;
  const problems = drhdsOf(dmar).map((drhd, i) => dmar_validate_one_drhd(drhd, registersOf(k, i)));
  if (problems.some((problem) => problem !== null)) return;
  if (!isDisabled(k.config) || platformOptsIn(dmar)) yield* k.pci_request_acs();
}

function registersOf(k: kernel, seq_id: number): DmarRegisters | null {
  return k.units?.instances[seq_id]?.hardware.registers ?? null;
}

/** Firmware asks for translation, as protection from devices that are plugged in. @linux drivers/iommu/intel/dmar.c dmar_platform_optin */
function platformOptsIn({ flags }: Dmar): boolean {
  return (flags & 4) !== 0;
}

/** What DMAR says of these devices, or why Linux uses none of its units; null without the table. */
export function readDmarUnits(k: kernel, devices: readonly device[]): DmarUnits | null {
  const dmar = k.acpi?.dmar ?? null;
  if (dmar === null) return null;
  const units = parse_dmar_table(dmar, (seq_id) => registersOf(k, seq_id));
  if (typeof units === 'string') return units;
  const functions = devices.flatMap(({ pci }) => (pci === null ? [] : [pci]));
  const objects = devices.flatMap(({ fwnode }) => to_acpi_device_node(fwnode) ?? []);
  const problem = dmar_dev_scope_init(dmar, units, { functions, objects });
  if (problem !== null) return problem;
  if (k.config.no_iommu) return 'iommu=off';
  if (isDisabled(k.config)) {
    return k.config.dmar_disabled === null
      ? 'CONFIG_INTEL_IOMMU_DEFAULT_ON is off, and nobody says intel_iommu=on'
      : 'intel_iommu=off';
  }
  // Where the input shows no PCI functions, nobody knows that a unit has none.
  if (functions.length > 0) init_no_remapping_devices(units, graphicsAreOff(k, functions));
  return units;
}

/**
 * All units register with no firmware node, one after the other, and what becomes of it is ignored.
 * It is done at rootfs_initcall, when no driver of a device has come yet.
 *
 * @linux drivers/iommu/intel/iommu.c intel_iommu_init
 */
export function* intel_iommu_init(k: kernel, units: readonly iommu_device[]): Task {
  assign(k.world, k, 'dmar', readDmarUnits(k, k.devices()));
  if (k.dmar === null) {
    for (const iommu of units) yield* k.iommu_device_register(iommu, k.opsOf(driver));
  } else if (typeof k.dmar === 'string') {
    k.dev_info(null, `DMAR: ${k.dmar}`);
  } else {
    for (const { seq_id, registers, ignored } of k.dmar) {
      const iommu = units[seq_id];
      if (ignored || iommu === undefined) continue;
      if (registers !== null && cachesWhatIsNotPresent(k, registers))
        yield* k.iommu_set_dma_strict();
      yield* k.iommu_device_register(iommu, k.opsOf(driver));
    }
  }
}

/** A hypervisor has to be told of each mapping, unless it shares first-stage tables. */
function cachesWhatIsNotPresent({ config }: kernel, { cap, ecap }: DmarRegisters): boolean {
  const bit = (register: bigint, n: bigint): boolean => ((register >> n) & 1n) === 1n;
  const scalable = wantsScalableMode(config) && bit(ecap, 43n);
  const firstStage = scalable && bit(ecap, 47n);
  return bit(cap, 7n) && !firstStage;
}

/** The unit that has the device, and the ID that it knows it by. */
export function intelUnitOf(
  k: kernel,
  dev: device,
): {
  readonly iommu: iommu_device;
  readonly id: number | null;
  readonly unit: dmar_drhd_unit | null;
} | null {
  const scope = look(k.world, () => k.scopes.get(dev));
  if (scope !== undefined) return { iommu: scope, id: null, unit: null };
  if (k.dmar === null || typeof k.dmar === 'string') return null;
  const found = device_lookup_iommu(k.dmar, dev);
  const iommu = found === null ? undefined : k.units?.instances[found.unit.seq_id];
  return found === null || iommu === undefined ? null : { iommu, ...found };
}
