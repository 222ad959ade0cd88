// Whether functions that can keep translations may: what is above them has to pass them on.

import { dmar_ats_supported, IOMMU_FWSPEC_PCI_RC_ATS } from '../../../linux/index.ts';
import type { Machine } from '../../machine.ts';
import type { Report, Shown } from './shown.ts';

/** Address Translation Service, of the extended capabilities. */
const idAts = 0x0f;

export function atsFindings(machine: Machine, shown: readonly Shown[], report: Report): void {
  for (const of of shown) {
    const { config, pci } = of;
    const ats = config.extended_capabilities.find(({ id }) => id === idAts);
    if (ats === undefined || pci.physfn !== undefined) continue;
    const lack = lackOf(machine, of);
    if (lack === null) continue;
    const [what, help] = lack;
    report('pci-ats-no-rc', of, ats.offset, `it can use ATS, and ${what}: it stays off`, help);
  }
}

/** What firmware would have to say; null when nothing is missing, or no IOMMU is there to ask it. */
function lackOf({ acpi, fdt }: Machine, { of, pdev }: Shown): readonly [string, string] | null {
  const iommu = pdev.dev?.iommu.value ?? null;
  if (iommu === null) return null;
  if (acpi?.dmar != null) {
    if (dmar_ats_supported(acpi.dmar, pdev)) return null;
    return [
      'no ATSR structure of DMAR is about its root port',
      'list the port in an ATSR structure',
    ];
  }
  const fwspec = iommu.fwspec.value;
  // Of those that a fwspec leads to, only these use ATS.
  if (fwspec === null || iommu.iommu_dev.value?.ops?.driver !== 'arm-smmu-v3') return null;
  if (fdt !== null) {
    if (of.dma_node === null || of.dma_node.properties.has('ats-supported')) return null;
    return ['its host bridge has no ats-supported', 'add ats-supported where the hardware does it'];
  }
  if (acpi?.iort == null || fwspec.flags.value & IOMMU_FWSPEC_PCI_RC_ATS) return null;
  return ['its root complex has no ATS attribute in IORT', 'set bit 0 of the ATS attribute'];
}
