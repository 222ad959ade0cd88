// A devicetree alone does not show which functions there are, but which requester IDs a host bridge
// can see, and which of them its map has.

import type { MapEntry } from '../../../../firmware/index.ts';
import { hex } from '../../../../util/index.ts';
import { requesterId } from '../../../firmware/pci-names.ts';
import type { Finding } from '../../../inspection.ts';
import type { HostBridge } from '../../../machine.ts';
import type { Judged } from '../../judged.ts';
import { functionsBelow, isIommu } from './functions-below.ts';
import { isPlaceholder } from './maps-in-use.ts';

/** Of a segment. */
const requesterIds = 0x10000;

/** Requester IDs that no entry has, where no dump says whether anything sends them. */
export function coverageFindings(
  { machine }: Judged,
  { device, bus_range }: HostBridge,
  entries: readonly MapEntry[],
  mask: number,
  at: Pick<Finding, 'node' | 'property' | 'offset'>,
): Finding[] {
  const { of_node } = device;
  if (of_node === null || machine.devices.some(({ pci, assumed }) => pci !== null && !assumed))
    return [];
  const covered = new Uint8Array(requesterIds);
  for (const { inputBase, length } of entries)
    if (inputBase < requesterIds) covered.fill(1, inputBase, inputBase + length);
  const iommus = new Set<number>();
  for (const below of functionsBelow(machine, of_node))
    if (below.pci !== null && isIommu(below)) iommus.add(requesterId(below.pci));
  const first = bus_range[0] << 8;
  const last = (bus_range[1] << 8) | 0xff;
  const holes: number[] = [];
  for (let id = first; id <= last; id++)
    if (covered[(id & mask) >>> 0] !== 1 && !iommus.has(id)) holes.push(id);
  const [hole] = holes;
  if (hole === undefined || entries.every(({ length }) => length === 0)) return [];
  if (isPlaceholder(entries))
    return [
      {
        ...at,
        rule: 'iommu-map-placeholder',
        severity: 'note',
        message: 'its one entry is for requester ID 0x0 alone, with output ID 0x0',
        help: 'boot loaders write the entries of what they find over such a one: look at the tree of the running machine',
      },
    ];
  const onRootBus = holes.filter((id) => id >> 8 === bus_range[0]);
  // The first device of the root bus, or all of it, is a root port that nobody thought of.
  const ofRootPort = onRootBus.length === 0x100 ? 0x100 : 8;
  const isRootPortOut = hole === first && onRootBus.every((id) => id < first + ofRootPort);
  const findings: Finding[] = [];
  if (isRootPortOut)
    findings.push({
      ...at,
      rule: 'iommu-map-rid0',
      severity: 'note',
      message: `no entry has requester ID ${hex(first)}, which the first root port has: no IOMMU for it`,
      help: 'map the requester IDs of root ports as well',
    });
  const next = isRootPortOut ? holes.find((id) => id >> 8 !== bus_range[0]) : hole;
  if (next !== undefined) {
    const mapped = last - first + 1 - holes.length - iommus.size;
    findings.push({
      ...at,
      rule: 'iommu-map-partial',
      severity: 'note',
      message: `entries have ${mapped} of the ${last - first + 1} requester IDs of its buses, and not ${hex(next)}: no IOMMU for what has another`,
      help: 'map every requester ID that can appear, unless nothing else can be plugged in',
    });
  }
  return findings;
}
