// A mask gives requester IDs one ID of the IOMMU that differ in bits which it drops. Where no dump says
// which functions there are, any may be.

import { type MapEntry, propertyOf } from '../../../../firmware/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { HostBridge } from '../../../machine.ts';
import { type Judged, offsetOf } from '../../judged.ts';

/** What it costs behind an SMMU, by its driver. */
const costs: Readonly<
  Record<string, { rule: string; severity: Finding['severity']; cost: string } | undefined>
> = {
  'arm-smmu-v3': {
    rule: 'smmu3-dup-sid',
    severity: 'warning',
    cost: 'only the first function to probe gets the IOMMU',
  },
  'arm-smmu': {
    rule: 'smmu2-shared-sid',
    severity: 'note',
    cost: 'functions that differ in nothing else are one group',
  },
};

/** One finding for each kind of SMMU that the map leads to. */
export function maskFoldFindings(
  { machine, enabled, driverOf }: Judged,
  { device: { of_node: node }, bus_range: [firstBus, lastBus] }: HostBridge,
  entries: readonly MapEntry[],
  mask: number,
): Finding[] {
  const property = 'iommu-map-mask';
  if (node === null || propertyOf(node, property) === undefined) return [];
  if (machine.devices.some(({ pci, assumed }) => pci !== null && !assumed)) return [];
  const before = new Map<number, number>();
  const findings: Finding[] = [];
  for (let id = firstBus << 8; id <= ((lastBus << 8) | 0xff); id++) {
    const masked = (id & mask) >>> 0;
    const other = before.get(masked);
    if (other === undefined) {
      before.set(masked, id);
      continue;
    }
    const entry = entries.find(
      ({ inputBase, length }) => inputBase <= masked && masked < inputBase + length,
    );
    const iommu = entry?.node ?? null;
    const told =
      iommu === null || !enabled.has(iommu) ? undefined : costs[driverOf(iommu)?.name ?? ''];
    if (told === undefined || findings.some(({ rule }) => rule === told.rule)) continue;
    findings.push({
      rule: told.rule,
      severity: told.severity,
      node: node.path,
      property,
      offset: offsetOf(node, property),
      message: `requester IDs ${hex(other)} and ${hex(id)} differ in bits that the mask ${hex(mask)} drops, and have one StreamID of ${iommu?.path}: ${told.cost}`,
      help: 'set the bits in the mask, and map the IDs, unless the hardware drops them, too',
    });
  }
  return findings;
}
