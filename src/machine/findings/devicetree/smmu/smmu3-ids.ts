import type { FdtNode } from '../../../../firmware/index.ts';
import { STRTAB_BITS } from '../../../../linux/index.ts';
import { few, groupBy, hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import { type Claim, foldsIn } from '../ids/claims.ts';
import type { Known } from './known.ts';

/** Rules about the StreamIDs of an SMMUv3. What hosts and others share is one of maps. */
export function smmu3IdFindings(
  smmu: FdtNode,
  claims: readonly Claim[],
  { lost, hardware: { streamIdBits = STRTAB_BITS } }: Known,
): Finding[] {
  const of = groupBy(claims, ({ by }) => by);
  return [
    ...outOfRange(smmu, claims, Math.min(streamIdBits, STRTAB_BITS), lost),
    ...duplicates(smmu, of.get('list') ?? []),
    ...repeated(smmu, of.get('list') ?? []),
    ...[...groupBy(of.get('function') ?? [], ({ node }) => node).values()].flatMap((functions) =>
      duplicates(smmu, functions),
    ),
    ...[...groupBy(of.get('map') ?? [], ({ node }) => node).values()].flatMap((entries) =>
      folded(smmu, entries),
    ),
  ];
}

/** A StreamID has one owner. */
function duplicates(smmu: FdtNode, claims: readonly Claim[]): Finding[] {
  const byId = new Map<number, Claim[]>();
  for (const claim of claims) {
    const known = byId.get(claim.id);
    if (known === undefined) byId.set(claim.id, [claim]);
    else if (known.every(({ owner }) => owner !== claim.owner)) known.push(claim);
  }
  return [...byId].flatMap(([id, owners]) => {
    const [, second] = owners;
    if (second === undefined) return [];
    const names = few(owners.map(({ owner }) => owner));
    return [
      {
        rule: 'smmu3-dup-sid',
        severity: 'error' as const,
        node: second.node.path,
        property: second.property,
        offset: second.offset,
        message: `StreamID ${hex(id)} of ${smmu.path} belongs to ${names}: only the first to probe gets the IOMMU`,
        help: 'give each device StreamIDs of its own',
      },
    ];
  });
}

/** A device that has a StreamID twice, which few kernels mind. */
function repeated(smmu: FdtNode, lists: readonly Claim[]): Finding[] {
  return [...groupBy(lists, ({ node }) => node).values()].flatMap((list): Finding[] => {
    const ids = new Set<number>();
    const again = list.find(({ id }) => ids.size === ids.add(id).size);
    if (again === undefined) return [];
    return [
      {
        rule: 'smmu3-dup-sid',
        severity: 'note',
        node: again.node.path,
        property: again.property,
        offset: again.offset,
        message: `StreamID ${hex(again.id)} of ${smmu.path} is in the list twice: some kernels, as v6.7, refuse the device`,
        help: 'leave the entry out, or correct the ID that it was to have',
      },
    ];
  });
}

/** Two entries of one map that give different requesters the same StreamIDs. */
function folded(smmu: FdtNode, entries: readonly Claim[]): Finding[] {
  return foldsIn(entries).map(({ entry, id }) => ({
    rule: 'smmu3-dup-sid',
    severity: 'error',
    node: entry.node.path,
    property: entry.property,
    offset: entry.offset,
    message: `StreamID ${hex(id)} of ${smmu.path} belongs to two requester IDs of this map: only the first to probe gets the IOMMU`,
    help: 'give each requester ID a StreamID of its own',
  }));
}

/** One finding for each list or map. */
function outOfRange(
  smmu: FdtNode,
  claims: readonly Claim[],
  bits: number,
  lost: string,
): Finding[] {
  const outside = claims.filter(({ by, id, count }) => by !== 'function' && id + count > 2 ** bits);
  return [...groupBy(outside, ({ node }) => node)].map(([node, [first, ...more]]) => {
    const { property = null, offset = null, id = 0, count = 1 } = first ?? {};
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    return {
      rule: 'smmu3-sid-range',
      severity: 'error' as const,
      node: node.path,
      property,
      offset,
      message: `StreamID ${hex(id + count - 1)}${others} is not in the stream table of ${smmu.path}, which has up to 2^${bits} entries: ${lost}`,
      help: `write the StreamID that the hardware sends, of up to ${bits} bits`,
    };
  });
}
