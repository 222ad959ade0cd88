// Rules about the stream IDs that IORT gives to the devices of a machine.

import { namedComponentOf, rootComplexOf } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import { isHostBridgeFunction } from '../../boot/client-drivers.ts';
import { acpiTargets } from '../../firmware/acpi/targets.ts';
import type { Finding } from '../../inspection.ts';
import { inTable, type JudgedTables } from './tables.ts';

/** Owners of a stream ID, each with the offset of the node that maps its IDs. */
type Claims = Map<string, number>;

/** SMMUv3: a stream ID has one owner. What bridges send in place of others is left out. */
export function iortIdFindings({ acpi: { iort }, machine, boot }: JudgedTables): Finding[] {
  const v3 = new Map(
    (iort?.nodes ?? [])
      .filter(({ type }) => type === 'smmu-v3')
      .map((node) => [machine.acpi?.fwnodes.get(node), node.offset]),
  );
  const claims = new Map<string, Claims>();
  for (const of of machine.devices) {
    const dev = boot.devices.get(of);
    if (dev === undefined || isHostBridgeFunction(of)) continue;
    const by =
      dev.pci === null ? namedComponentOf(boot.k, dev) : rootComplexOf(boot.k, dev.pci.segment);
    const targets = by === null ? 'none' : acpiTargets(boot.k, dev);
    if (by === null || typeof targets === 'string') continue;
    for (const { fwnode, id } of dev.pci === null ? targets : targets.slice(0, 1)) {
      const smmu = v3.get(fwnode);
      if (smmu === undefined) continue;
      const key = `${hex(id)} of the SMMUv3 at ${hex(smmu)}`;
      const known: Claims = claims.get(key) ?? new Map();
      claims.set(key, known);
      if (!known.has(of.name)) known.set(of.name, by.offset);
    }
  }
  return [...claims].flatMap(([what, owners]) => {
    const [first, second, ...more] = owners;
    if (first === undefined || second === undefined) return [];
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    const message = `stream ID ${what} belongs to ${first[0]}, ${second[0]}${others}: only the first to probe gets the IOMMU`;
    const help = 'give each device stream IDs of its own';
    return [inTable('IORT', 'iort-sid-collision', second[1], message, help)];
  });
}
