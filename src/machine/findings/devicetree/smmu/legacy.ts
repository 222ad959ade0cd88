// The binding of old, in which an SMMU lists its masters.

import { nodesOf, propertyOf, specifiers } from '../../../../firmware/index.ts';
import type { Finding } from '../../../inspection.ts';
import { type Judged, offsetOf } from '../../judged.ts';

/** One finding for each SMMU that lists masters; where none does, one for what is left of the binding. */
export function legacyFindings({ fdt, enabled, driverOf }: Judged): Finding[] {
  const nodes = [...enabled];
  const smmus = nodes.filter((node) => driverOf(node)?.name === 'arm-smmu');
  const listing = smmus.filter((node) => propertyOf(node, 'mmu-masters') !== undefined);
  if (listing.length === 0) {
    const property = '#stream-id-cells';
    return nodesOf(fdt.root)
      .filter((node) => propertyOf(node, property) !== undefined)
      .map((node) => ({
        rule: 'smmu2-legacy',
        severity: 'note' as const,
        node: node.path,
        property,
        offset: offsetOf(node, property),
        message: 'a rest of the binding with mmu-masters, which no SMMU here has: nobody reads it',
        help: 'delete #stream-id-cells',
      }));
  }
  const others = smmus.flatMap((node) =>
    propertyOf(node, 'mmu-masters') === undefined ? [node.path] : [],
  );
  const known = new Set(smmus);
  const isMixed =
    others.length > 0 ||
    nodes.some((node) => {
      const list = propertyOf(node, 'iommus');
      const entries = list === undefined ? [] : specifiers(fdt, list, '#iommu-cells');
      return entries.some((entry) => entry.ok && known.has(entry.node));
    });
  return listing.map((node) => ({
    rule: 'smmu2-legacy',
    severity: isMixed ? ('error' as const) : ('warning' as const),
    node: node.path,
    property: 'mmu-masters',
    offset: offsetOf(node, 'mmu-masters'),
    message: isMixed
      ? 'this SMMU lists its masters in mmu-masters, and there is iommus, too: SMMUs of one kind only are probed'
      : 'mmu-masters is deprecated: Linux gives its masters no translated DMA by default',
    help: 'give the SMMU #iommu-cells, and write iommus at each of its masters',
    ...(others.length === 0 ? {} : { devices: others }),
  }));
}
