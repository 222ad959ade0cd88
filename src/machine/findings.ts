// Judges the description of IOMMUs: what Linux cannot read, what it reads differently from what was
// meant, and what costs a device its IOMMU.

import { type FdtNode, isAvailable } from '../firmware/index.ts';
import { iommuDriverOf } from '../linux/index.ts';
import type { Boot } from './boot.ts';
import { bootFindings, kernelFindings } from './findings-boot.ts';
import { dmarFindings } from './findings-dmar.ts';
import { idFindings } from './findings-ids.ts';
import { iommusFindings } from './findings-iommus.ts';
import { iortMappingFindings } from './findings-iort.ts';
import { iortIdFindings } from './findings-iort-ids.ts';
import { iortNodeFindings } from './findings-iort-nodes.ts';
import { ivrsFindings } from './findings-ivrs.ts';
import type { Judged } from './findings-judged.ts';
import { mapFindings } from './findings-map.ts';
import { pciFindings } from './findings-pci.ts';
import { type JudgedTables, noteFindings } from './findings-tables.ts';
import { viotFindings } from './findings-viot.ts';
import type { Finding } from './inspection.ts';
import type { Machine } from './machine.ts';

/** What is wrong in the description of IOMMUs: in the tree or the tables, then in PCI. */
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
  viotFindings,
  dmarFindings,
  ivrsFindings,
];

/** Table by table, in the order of each. */
function tableFindings(judged: JudgedTables): Finding[] {
  const findings = [
    ...kernelFindings('\\', judged.boot),
    ...tableRules.flatMap((rules) => rules(judged)),
  ];
  const names = judged.acpi.tables.map(({ header }) => header.signature);
  const placeOf = ({ node }: Finding): number => names.indexOf(node);
  return findings.sort((a, b) => placeOf(a) - placeOf(b) || (a.offset ?? -1) - (b.offset ?? -1));
}

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
    driverOf: (node) => iommuDriverOf(node, boot.k),
  };
  const findings = [iommusFindings, mapFindings, idFindings, bootFindings].flatMap((rules) =>
    rules(judged),
  );
  return findings.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1));
}
