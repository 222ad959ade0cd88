import { type FdtNode, nodesOf } from '../../../../firmware/index.ts';
import type { IommuHardware } from '../../../../linux/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { Judged } from '../../judged.ts';
import { smmu2IdFindings, smmu2ListFindings } from '../smmu/smmu2-ids.ts';
import { smmu3IdFindings } from '../smmu/smmu3-ids.ts';
import { claimsOf, listsOf } from './claims.ts';
import { collisionFindings } from './collisions.ts';

/** Rules about IDs that meet at one IOMMU, and about those that it cannot have. */
export function idFindings(judged: Judged): Finding[] {
  const findings: Finding[] = [];
  const claims = claimsOf(judged);
  const hardware = hardwareIn(judged);
  const down = downIn(judged);
  for (const node of judged.enabled) {
    const mine = claims.get(node);
    const driver = judged.driverOf(node)?.name;
    if (mine === undefined || driver === undefined) continue;
    findings.push(...collisionFindings(node, driver, mine));
    const known = { lost: lostAt(!down.has(node)), hardware: hardware.get(node) ?? {} };
    if (driver === 'arm-smmu-v3') findings.push(...smmu3IdFindings(node, mine, known));
    if (driver === 'arm-smmu') findings.push(...smmu2IdFindings(node, mine, known));
  }
  // Of a list by itself it does not matter whether its device is enabled.
  const lists = listsOf(judged, nodesOf(judged.fdt.root));
  return [...findings, ...lists.flatMap(smmu2ListFindings)];
}

/** What is known of IOMMUs beside what their nodes say. */
function hardwareIn({ boot }: Judged): ReadonlyMap<FdtNode | null, IommuHardware> {
  return new Map([...boot.k.instances].map(([dev, { hardware }]) => [dev.of_node, hardware]));
}

/** What becomes of it that an SMMU refuses a device: many kernels then do without the SMMU. */
function lostAt(isUp: boolean): string {
  return isUp
    ? 'no IOMMU for who has it'
    : 'the SMMU does not register, and nobody behind it has an IOMMU';
}

/** IOMMUs whose driver did not come up. */
function downIn({ boot }: Judged): ReadonlySet<FdtNode | null> {
  const down = [...boot.k.instances.keys()].filter((dev) => boot.attempts.get(dev)?.errno);
  return new Set(down.map(({ of_node }) => of_node));
}
