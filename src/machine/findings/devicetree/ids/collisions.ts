// IDs below a host that are those of another host, or of a device, at the same IOMMU.

import { type FdtNode, propertyOf } from '../../../../firmware/index.ts';
import { few, hex } from '../../../../util/index.ts';
import type { Finding, Severity } from '../../../inspection.ts';
import type { Claim } from './claims.ts';

/** More sets with masks, or entries of maps, than an SMMUv2 has entries for are not compared. */
const compared = 1024;

/** One finding for each entry of a map that others meet. */
export function collisionFindings(
  iommu: FdtNode,
  driver: string,
  claims: readonly Claim[],
): Finding[] {
  const met = new Map<Claim, { first: number; others: Set<string> }>();
  // Where the functions are shown, their own IDs count, and not all that there might be.
  const shown = new Set(claims.flatMap(({ by, node }) => (by === 'function' ? [node] : [])));
  const open = claims.filter(({ by, node }) => by !== 'map' || !shown.has(node));
  for (const [one, other, id] of meetings(open, driver === 'arm-smmu')) {
    const isOne = isMap(one) && !(isMap(other) && other.offset > one.offset);
    const [map, who] = isOne ? [one, other] : [other, one];
    const known = met.get(map);
    if (known === undefined) met.set(map, { first: id, others: new Set([who.owner]) });
    else known.others.add(who.owner);
  }
  const refused = driver === 'arm-smmu-v3';
  return [...met].map(([map, { first, others }]) => ({
    rule: 'iommu-map-sid-collision',
    severity: severityOf(refused, isThere(map, first)),
    node: map.node.path,
    property: map.property,
    offset: map.offset,
    message: `its IDs from ${hex(map.id)}, ${hex(map.count)} of them, meet those of ${few([...others])} at ${iommu.path}, ${hex(first)} first: ${
      refused ? 'only the first to probe gets the IOMMU' : 'the IOMMU cannot tell them apart'
    }`,
    help: 'let the entry begin where nobody else has IDs, or make it shorter',
    devices: [...others],
  }));
}

/** What nobody may ever have is worth a note. */
function severityOf(refused: boolean, there: boolean): Severity {
  if (!there) return 'note';
  return refused ? 'error' : 'warning';
}

/** Whether the ID is that of a function that is shown, or right below the host, as most are; others may be nobody's. */
function isThere({ by, node, id, input = 0 }: Claim, met: number): boolean {
  if (by === 'function') return true;
  const range = propertyOf(node, 'bus-range')?.value;
  const first =
    range === undefined || range.length < 4
      ? 0
      : new DataView(range.buffer, range.byteOffset, 4).getUint32(0);
  return (input + met - id) >> 8 === first;
}

/** Pairs of different owners, at least one of them a map, with the first ID that both have. */
function* meetings(
  claims: readonly Claim[],
  hasMasks: boolean,
): Generator<readonly [Claim, Claim, number]> {
  const wide: Claim[] = [];
  const exact: Claim[] = [];
  for (const claim of claims) {
    (hasMasks && claim.mask !== 0 && claim.by === 'list' ? wide : exact).push(claim);
  }
  // Sets with masks may be in conflict, which is more than to meet.
  const maps = exact.filter((claim) => isMap(claim) && claim.mask === 0).slice(0, compared);
  for (const claim of wide.slice(0, compared)) {
    for (const map of maps) {
      const id = map.node === claim.node ? null : firstFrom(map.id & 0xffff, claim);
      if (id !== null && id < (map.id & 0xffff) + map.count) yield [map, claim, id];
    }
  }
  exact.sort((a, b) => a.id - b.id);
  // Of those before, the two of different owners that reach furthest.
  let widest: Claim | undefined;
  let second: Claim | undefined;
  for (const claim of exact) {
    const before = widest?.node === claim.node ? second : widest;
    if (before !== undefined && claim.id < endOf(before) && (isMap(claim) || isMap(before)))
      yield [before, claim, claim.id];
    if (widest === undefined || endOf(claim) > endOf(widest)) {
      if (widest?.node !== claim.node) second = widest;
      widest = claim;
    } else if (claim.node !== widest.node && (second === undefined || endOf(claim) > endOf(second)))
      second = claim;
  }
}

function isMap({ by }: Claim): boolean {
  return by !== 'list';
}

function endOf({ id, count }: Claim): number {
  return id + count;
}

/** The first ID from one on that a set with a mask has, of 16 bits; null where it has none. */
export function firstFrom(from: number, { id, mask }: Pick<Claim, 'id' | 'mask'>): number | null {
  const free = mask & 0xffff;
  const base = id & ~mask & 0xffff;
  if (((from ^ base) & ~free) === 0) return from;
  let best: number | null = null;
  for (let bit = 15; bit >= 0; bit--) {
    const flag = 1 << bit;
    const above = ~(2 * flag - 1) & 0xffff;
    if (((from ^ base) & ~free & above) !== 0) break;
    if ((from & flag) === 0 && ((base | free) & flag) !== 0)
      best = (from & above) | flag | (base & (flag - 1));
  }
  return best;
}
