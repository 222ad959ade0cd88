// Judges the description of IOMMUs: what Linux cannot read, what it reads differently from what was
// meant, and what costs a device its IOMMU.

import { type FdtNode, isAvailable } from '../../firmware/index.ts';
import { iommuDriverOf } from '../../linux/index.ts';
import { onceForEach } from '../../util/index.ts';
import type { Boot } from '../boot/boot.ts';
import type { Finding } from '../inspection.ts';
import type { Machine } from '../machine.ts';
import { dmarFindings } from './acpi/dmar.ts';
import { iortCoherencyFindings } from './acpi/iort/coherency.ts';
import { iortIdFindings } from './acpi/iort/ids.ts';
import { iortMappingFindings } from './acpi/iort/mappings.ts';
import { iortNodeFindings } from './acpi/iort/nodes.ts';
import { iortReservedFindings } from './acpi/iort/reserved.ts';
import { iortRevisionFindings } from './acpi/iort/revisions.ts';
import { iortSmmuFindings } from './acpi/iort/smmus.ts';
import { ivrsFindings } from './acpi/ivrs.ts';
import { lastIdFindings, lastIdKills } from './acpi/ivrs-last-id.ts';
import { outsideFindings } from './acpi/ivrs-outside.ts';
import { ivrsUnitFindings } from './acpi/ivrs-units.ts';
import { type JudgedTables, noteFindings } from './acpi/tables.ts';
import { viotFindings } from './acpi/viot.ts';
import { bootFindings, kernelFindings } from './boot.ts';
import { disabledFindings } from './devicetree/disabled.ts';
import { idFindings } from './devicetree/ids/ids.ts';
import { iommusFindings, namedWithoutCells } from './devicetree/iommus.ts';
import { mapFindings } from './devicetree/maps/map.ts';
import { regionFindings } from './devicetree/regions.ts';
import { legacyFindings } from './devicetree/smmu/legacy.ts';
import { smmuNodeFindings } from './devicetree/smmu/nodes.ts';
import { supplierFindings } from './devicetree/suppliers.ts';
import { vendorFindings } from './devicetree/vendors.ts';
import type { Judged } from './judged.ts';
import { pciFindings } from './pci/pci.ts';
import { inSource } from './source.ts';

/** What is wrong in the description of IOMMUs, node by node: in the tree or the tables, then in PCI. */
export function findingsOf(machine: Machine, boot: Boot): Finding[] {
  const { fdt, tables } = machine;
  return [
    ...(fdt === null ? [] : treeFindings(machine, fdt, boot)),
    ...(tables === undefined ? [] : tableFindings({ acpi: tables, machine, boot })),
    ...pciFindings(machine, boot),
  ];
}

const tableRules = [
  noteFindings,
  iortMappingFindings,
  iortNodeFindings,
  iortIdFindings,
  iortSmmuFindings,
  iortCoherencyFindings,
  iortReservedFindings,
  iortRevisionFindings,
  viotFindings,
  dmarFindings,
  ivrsFindings,
  ivrsUnitFindings,
  lastIdFindings,
  outsideFindings,
];

/** Table by table, in the order of each. */
function tableFindings(judged: JudgedTables): Finding[] {
  const findings = [
    ...kernelFindings('\\', judged.boot, lastIdKills(judged)),
    ...tableRules.flatMap((rules) => rules(judged)),
  ];
  const names = judged.acpi.tables.map(({ header }) => header.signature);
  const placeOf = ({ node }: Finding): number => names.indexOf(node);
  return findings.sort((a, b) => placeOf(a) - placeOf(b) || (a.offset ?? -1) - (b.offset ?? -1));
}

const treeRules = [
  iommusFindings,
  mapFindings,
  regionFindings,
  disabledFindings,
  idFindings,
  smmuNodeFindings,
  legacyFindings,
  supplierFindings,
  vendorFindings,
];

/** In the order of the blob. */
function treeFindings(machine: Machine, fdt: Judged['fdt'], boot: Boot): Finding[] {
  const enabled = new Set<FdtNode>();
  const visit = (node: FdtNode): void => {
    if (!isAvailable(node)) return;
    enabled.add(node);
    for (const child of node.children) visit(child);
  };
  visit(fdt.root);
  const judged: Judged = {
    fdt,
    machine,
    boot,
    enabled,
    driverOf: onceForEach((node: FdtNode) => iommuDriverOf(node, boot.k)),
    namedWithoutCells: namedWithoutCells(fdt, enabled),
  };
  const said = treeRules.flatMap((rules) => rules(judged));
  const findings = [...said, ...bootFindings(judged, said)];
  findings.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1));
  const lines = machine.sources?.get('devicetree')?.lines;
  return lines === undefined ? findings : findings.map((of) => inSource(lines, judged, of));
}
