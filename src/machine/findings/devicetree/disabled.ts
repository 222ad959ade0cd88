// IOMMUs that are there and switched off, as boards leave them whose boot loader decides.

import { type FdtNode, isAvailable, nodesOf, propertyOf } from '../../../firmware/index.ts';
import type { Finding } from '../../inspection.ts';
import { usersOf } from '../boot.ts';
import { type Judged, offsetOf } from '../judged.ts';

/** One finding for each, with those who would be behind it; one more for those who are off as well. */
export function disabledFindings(judged: Judged): Finding[] {
  const working = [...usersOf(judged)].flatMap(([iommu, users]): Finding[] => {
    if (judged.enabled.has(iommu)) return [];
    const clients = users.filter((node) => node !== iommu).map(({ path }) => path);
    if (clients.length === 0) return [];
    const [its, work] = clients.length === 1 ? ['client', 'works'] : ['clients', 'work'];
    return [
      {
        rule: 'iommu-disabled',
        severity: 'note',
        node: iommu.path,
        ...placeOf(iommu),
        message: `it is disabled: its ${clients.length} ${its} ${work} without translation`,
        help: 'enable the IOMMU, or leave it so: boot loaders and boards switch such on',
        devices: clients,
      },
    ];
  });
  const off = [...disabledUsers(judged)].flatMap(([iommu, users]): Finding[] => {
    const clients = users.map(({ path }) => path);
    if (clients.length === 0) return [];
    return [
      {
        rule: 'iommu-disabled-dev',
        severity: 'note',
        node: iommu.path,
        ...placeOf(iommu),
        message: `it is disabled, and so ${clients.length === 1 ? 'is 1 device' : `are ${clients.length} devices`} behind it`,
        help: 'enable the IOMMU together with a device that is behind it',
        devices: clients,
      },
    ];
  });
  return [...working, ...off];
}

/** Disabled IOMMUs, and who of their users is disabled as well. */
function disabledUsers(judged: Judged): Map<FdtNode, FdtNode[]> {
  const { fdt, enabled } = judged;
  const off = nodesOf(fdt.root).filter((node) => !enabled.has(node));
  const users = [...usersOf(judged, off)].filter(([iommu]) => !enabled.has(iommu));
  return new Map(users.map(([iommu, nodes]) => [iommu, nodes.filter((node) => node !== iommu)]));
}

/** Its own status is to blame, or that of a node above it. */
function placeOf(iommu: FdtNode): Pick<Finding, 'property' | 'offset'> {
  return isAvailable(iommu) || propertyOf(iommu, 'status') === undefined
    ? { property: null, offset: iommu.offset }
    : { property: 'status', offset: offsetOf(iommu, 'status') };
}
