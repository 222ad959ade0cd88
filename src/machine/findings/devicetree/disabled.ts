// IOMMUs that are there and switched off, as boards leave them whose boot loader decides.

import { type FdtNode, isAvailable, propertyOf } from '../../../firmware/index.ts';
import type { Finding } from '../../inspection.ts';
import { usersOf } from '../boot.ts';
import { type Judged, offsetOf } from '../judged.ts';

/** One finding for each, with those who would be behind it. */
export function disabledFindings(judged: Judged): Finding[] {
  return [...usersOf(judged)].flatMap(([iommu, users]): Finding[] => {
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
}

/** Its own status is to blame, or that of a node above it. */
function placeOf(iommu: FdtNode): Pick<Finding, 'property' | 'offset'> {
  return isAvailable(iommu) || propertyOf(iommu, 'status') === undefined
    ? { property: null, offset: iommu.offset }
    : { property: 'status', offset: offsetOf(iommu, 'status') };
}
