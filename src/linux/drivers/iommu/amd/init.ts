import { assign, type Task } from '../../../../explore/index.ts';
import type { Ivhd } from '../../../../firmware/acpi/index.ts';
import { hex } from '../../../../util/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { ENODEV, type errno } from '../../../include/linux/errno.ts';
import type { iommu_device } from '../../../include/linux/iommu.ts';
import { PCI_SLOT, type pci_dev, pci_dev_id } from '../../../include/linux/pci.ts';
import type { kernel } from '../../../kernel.ts';
import { amd_iommu } from './types.ts';

/**
 * IVRS is reason enough to ask for ACS, before PCI is scanned: whatever is in it, and whatever the
 * command line says of its IOMMUs.
 *
 * @linux drivers/iommu/amd/init.c amd_iommu_detect
 */
export function* amd_iommu_detect(k: kernel): Task {
  yield* k.pci_request_acs();
}

/** One IOMMU after the other; when one fails, there are none. @linux drivers/iommu/amd/init.c amd_iommu_init */
export function* amd_iommu_init(k: kernel, units: readonly iommu_device[]): Task {
  if (k.config.amd_iommu_disabled) return;
  const graphics = functionsOf(k).find(isStoneyRidgeGraphics);
  if (graphics !== undefined && !k.config.amd_iommu_force_enable) {
    assign(
      k.world,
      k,
      'amd_problem',
      `${nameOf(graphics)} is of Stoney Ridge, and nobody says amd_iommu=force_enable`,
    );
    return;
  }
  const read = k.acpi?.ivrs ?? null;
  if (typeof read === 'string') {
    k.dev_err(null, `IVRS: ${read}`);
    return;
  }
  const registered: iommu_device[] = [];
  for (const [i, unit] of units.entries()) {
    if (unit instanceof amd_iommu) assign(k.world, unit, 'ivhd', read?.units[i] ?? null);
    const error = yield* iommu_init_pci(k, unit.dev);
    if (error) {
      k.dev_err(unit.dev, 'Failed to initialize IOMMU Hardware');
      const { segment = 0, device_id = 0 } = (unit instanceof amd_iommu ? unit.ivhd : null) ?? {};
      assign(
        k.world,
        k,
        'amd_problem',
        `${unit.dev.name} cannot be initialized: segment ${segment} has no PCI function ${hex(device_id)}`,
      );
      for (const before of registered) yield* k.iommu_device_unregister(before);
      return;
    }
    registered.push(unit);
  }
  const mute = registered.find((unit) => !canInterrupt(k, unit));
  if (mute !== undefined) {
    k.dev_err(mute.dev, 'it has no interrupt for its events');
    assign(
      k.world,
      k,
      'amd_problem',
      `${mute.dev.name} has no interrupt for its events: neither MSI nor what x2APIC needs`,
    );
    for (const unit of registered) yield* k.iommu_device_unregister(unit);
  }
}

function nameOf({ dev }: pci_dev): string {
  return dev?.name ?? 'a function';
}

/** It needs messages, unless it sends them as x2APIC does. @linux drivers/iommu/amd/init.c iommu_init_irq */
function canInterrupt(k: kernel, unit: iommu_device): boolean {
  const ivhd = unit instanceof amd_iommu ? unit.ivhd : null;
  if (ivhd === null || ((ivhd.efr ?? 0n) & IOMMU_EFR_XT_AND_GA) === IOMMU_EFR_XT_AND_GA)
    return true;
  const pdev = functionOf(k, ivhd);
  return pdev === null || pdev === 'unknown' || pdev.msi !== false;
}

const IOMMU_EFR_XT_AND_GA = (1n << 2n) | (1n << 7n);

/**
 * Each IOMMU registers with no firmware node, and what becomes of it is ignored.
 *
 * @linux drivers/iommu/amd/init.c iommu_init_pci
 */
export function* iommu_init_pci(k: kernel, dev: device): Task<errno> {
  const iommu = k.instanceOf(dev);
  const ivhd = iommu instanceof amd_iommu ? iommu.ivhd : null;
  if (ivhd !== null) {
    const pdev = functionOf(k, ivhd);
    if (pdev === 'unknown') k.dev_info(dev, 'the input shows no PCI functions');
    else if (pdev === null) return -ENODEV;
    else if (cachesWhatIsNotPresent(pdev, ivhd)) yield* k.iommu_set_dma_strict();
  }
  yield* k.iommu_device_register(iommu, k.opsOf('amd-iommu'));
  return 0;
}

/** Set where a hypervisor has to be told of each mapping. @linux drivers/iommu/amd/amd_iommu_types.h IOMMU_CAP_NPCACHE */
const IOMMU_CAP_NPCACHE = 26;

function cachesWhatIsNotPresent({ iommu_capability }: pci_dev, { capability_offset }: Ivhd) {
  if (iommu_capability?.offset !== capability_offset) return false;
  return ((iommu_capability.header >>> IOMMU_CAP_NPCACHE) & 1) === 1;
}

function functionsOf(k: kernel): pci_dev[] {
  return k.devices().flatMap(({ pci }) => (pci === null ? [] : [pci]));
}

/** The function that the unit is. */
function functionOf(k: kernel, { segment, device_id }: Ivhd): pci_dev | 'unknown' | null {
  const functions = functionsOf(k);
  if (functions.length === 0) return 'unknown';
  return (
    functions.find((pdev) => pdev.segment === segment && pci_dev_id(pdev) === device_id) ?? null
  );
}

/** Linux leaves the IOMMU alone where it sees this on bus 0. @linux drivers/iommu/amd/init.c detect_ivrs */
function isStoneyRidgeGraphics(pdev: pci_dev): boolean {
  const { vendor, device: id, bus, devfn, segment } = pdev;
  const first = segment === 0 && bus.number === 0 && devfn === PCI_SLOT(devfn) << 3;
  return first && vendor === 0x1002 && id === 0x98e4;
}
