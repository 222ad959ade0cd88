// Judges the description of IOMMUs: what Linux cannot read, what it reads differently from what was
// meant, and what costs a device its IOMMU.

import { type FdtNode, isAvailable } from '../firmware/index.ts';
import { iommuDriverOf } from '../linux/index.ts';
import type { Boot } from './boot.ts';
import { bootFindings, kernelFindings } from './findings-boot.ts';
import { idFindings } from './findings-ids.ts';
import { iommusFindings } from './findings-iommus.ts';
import type { Judged } from './findings-judged.ts';
import { mapFindings } from './findings-map.ts';
import type { Finding } from './inspection.ts';
import type { Machine } from './machine.ts';

/** What is wrong in the description of IOMMUs, in the order of the blob. */
export function findingsOf(machine: Machine, boot: Boot): Finding[] {
  const { fdt } = machine;
  if (fdt === null) return kernelFindings('\\', boot);
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
