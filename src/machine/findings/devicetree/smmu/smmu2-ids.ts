import type { FdtNode } from '../../../../firmware/index.ts';
import { few, groupBy, hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import { type Claim, foldsIn } from '../ids/claims.ts';
import type { Known } from './known.ts';

/** More different IDs than an IOMMU of the kind has entries for: not compared with each other. */
const comparedIds = 1024;

/** Rules about what an SMMUv2 matches: StreamIDs, each with bits that do not matter. */
export function smmu2IdFindings(
  smmu: FdtNode,
  claims: readonly Claim[],
  { lost, hardware: { streamIdBits = 15 } }: Known,
): Finding[] {
  const lists = claims.filter(({ by }) => by === 'list');
  const inLists = [...groupBy(lists, ({ node }) => node).values()];
  const inMaps = groupBy(
    claims.filter(({ by }) => by === 'map'),
    ({ node }) => node,
  );
  return [
    ...[...inLists, ...inMaps.values()].flatMap((of) => outOfRange(smmu, of, streamIdBits, lost)),
    ...conflicts(smmu, claims, lost),
    ...shared(smmu, lists),
    ...[...inMaps.values()].flatMap((of) => folded(smmu, of)),
  ];
}

/** Rules about what one device lists. */
export function smmu2ListFindings(claims: readonly Claim[]): Finding[] {
  return [...underMask(claims), ...repeated(claims)];
}

/** One finding for each list or map. */
function outOfRange(
  smmu: FdtNode,
  claims: readonly Claim[],
  bits: number,
  lost: string,
): Finding[] {
  const ids = 2 ** bits;
  const outside = claims.filter(({ id, count, mask }) => id + count > ids || mask >= ids);
  const [first, ...more] = outside;
  if (first === undefined) return [];
  const { node, property, offset, id, count, mask } = first;
  const [what, value] = id + count > ids ? ['StreamID', id + count - 1] : ['mask', mask];
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const cost = value > 0xffff ? `Linux keeps ${hex(value & 0xffff)} of it` : lost;
  return [
    {
      rule: 'smmu2-sid-range',
      // Of a map that is too long the first part works.
      severity: outside.some((claim) => claim.id < ids && claim.count > 1) ? 'warning' : 'error',
      node: node.path,
      property,
      offset,
      message: `${what} ${hex(value)}${others} has more than the ${bits} bits that ${smmu.path} matches: ${cost}`,
      help: `write StreamIDs and masks of up to ${bits} bits`,
    },
  ];
}

/** Two sets of IDs are equal, the later in the earlier, or apart. */
function conflicts(smmu: FdtNode, claims: readonly Claim[], lost: string): Finding[] {
  const sets = new Map<number, Claim>();
  for (const claim of claims) if (!sets.has(keyOf(claim))) sets.set(keyOf(claim), claim);
  const distinct = [...sets.values()].slice(0, comparedIds);
  return distinct.flatMap((claim, index) => {
    const other = distinct.slice(0, index).find((before) => clash(before, claim));
    if (other === undefined) return [];
    const { node, property, offset, owner } = claim;
    const how = isWithin(other, claim)
      ? 'the wider set comes after the narrower'
      : 'they overlap in part, and the later to probe is refused';
    return [
      {
        rule: 'smmu2-smr-conflict',
        severity: 'error' as const,
        node: node.path,
        property,
        offset,
        message: `${smmu.path} cannot match ${textOf(claim)} of ${owner} beside ${textOf(other)} of ${other.owner}: ${how}: ${lost}`,
        help: 'choose masks so that two sets of IDs are equal, apart, or the second in the first',
      },
    ];
  });
}

/** Ranges of maps are single IDs, which come when their devices are found: in any set, or in none. */
function clash(before: Claim, claim: Claim): boolean {
  if (before.count > 1 || claim.count > 1) return false;
  if ((differenceOf(before, claim) & ~(before.mask | claim.mask)) !== 0) return false;
  if (isWithin(claim, before)) return false;
  return before.by === 'list' && claim.by === 'list' ? true : !isWithin(before, claim);
}

function isWithin(inner: Claim, outer: Claim): boolean {
  const free = outer.mask & 0xffff;
  return (
    (inner.mask & free) === (inner.mask & 0xffff) && (differenceOf(inner, outer) & ~free) === 0
  );
}

function differenceOf(a: Claim, b: Claim): number {
  return (a.id ^ b.id) & 0xffff;
}

/** Devices that the SMMU cannot tell apart: one finding for those that are the same for several sets. */
function shared(smmu: FdtNode, lists: readonly Claim[]): Finding[] {
  const byOwners = new Map<string, { first: Claim; owners: readonly string[]; sets: string[] }>();
  for (const [first, ...more] of entriesOf(lists)) {
    const owners = [...new Set([first, ...more].map(({ owner }) => owner))];
    if (owners.length < 2) continue;
    const narrower = more.find((claim) => keyOf(claim) !== keyOf(first)) ?? first;
    const set = textIn(narrower, first);
    const known = byOwners.get(owners.join(' '));
    if (known === undefined) byOwners.set(owners.join(' '), { first, owners, sets: [set] });
    else known.sets.push(set);
  }
  return [...byOwners.values()].map(({ first, owners, sets }) => ({
    rule: 'smmu2-shared-sid',
    severity: 'note',
    node: first.node.path,
    property: first.property,
    offset: first.offset,
    message: `${few(owners)} have ${few(sets)} of ${smmu.path} in common: they are one group`,
    help: 'they can be given to one user only, unless the hardware has an ID for each',
    devices: [...owners],
  }));
}

/** Two entries of one map that give different requesters the same StreamIDs. */
function folded(smmu: FdtNode, entries: readonly Claim[]): Finding[] {
  return foldsIn(entries.filter(({ mask }) => mask === 0)).map(({ entry, id }) => ({
    rule: 'smmu2-shared-sid',
    severity: 'note',
    node: entry.node.path,
    property: entry.property,
    offset: entry.offset,
    message: `two requester IDs of this map have StreamID ${hex(id)} of ${smmu.path}: what they belong to is one group`,
    help: 'give each requester ID a StreamID of its own, if the hardware does',
  }));
}

/** Bits that an ID has where its mask says that they do not matter. */
function underMask(claims: readonly Claim[]): Finding[] {
  const hidden = claims.filter(({ id, mask }) => (id & mask & 0xffff) !== 0);
  const [first] = hidden;
  if (first === undefined) return [];
  const { node, property, offset } = first;
  return [
    {
      rule: 'smmu2-id-under-mask',
      severity: 'note',
      node: node.path,
      property,
      offset,
      message: `the mask covers bits that the ID has, in ${few(hidden.map(textOf))}: they do not count`,
      help: 'clear the bits of the ID that the mask has, to show which sets are the same',
    },
  ];
}

/** A set of IDs that one device has twice, or in a wider one before it. */
function repeated(claims: readonly Claim[]): Finding[] {
  const twice = entriesOf(claims).flatMap(([first, ...again]) =>
    again.map((claim) => ({ claim, text: textIn(claim, first) })),
  );
  const [first] = twice;
  if (first === undefined) return [];
  const { node, property, offset } = first.claim;
  return [
    {
      rule: 'smmu2-self-overlap',
      severity: 'note',
      node: node.path,
      property,
      offset,
      message: `the list has ${few(twice.map(({ text }) => text))} before: it is one entry of the SMMU`,
      help: 'leave the entry out, or correct the ID that it was to have',
    },
  ];
}

/** What has one entry of the SMMU each: a set of IDs, and those that are in it and come later. */
function entriesOf(claims: readonly Claim[]): [Claim, ...Claim[]][] {
  const entries = new Map<number, [Claim, ...Claim[]]>();
  const wide: [Claim, ...Claim[]][] = [];
  for (const claim of claims) {
    const entry =
      entries.get(keyOf(claim)) ??
      wide.find(([first]) => claim.count === 1 && isWithin(claim, first));
    if (entry !== undefined) {
      entry.push(claim);
      continue;
    }
    const own: [Claim, ...Claim[]] = [claim];
    entries.set(keyOf(claim), own);
    if ((claim.mask & 0xffff) !== 0 && wide.length < comparedIds) wide.push(own);
  }
  return [...entries.values()];
}

/** The same for the same set of IDs. */
function keyOf({ id, mask, count }: Claim): number {
  return ((id & ~mask & 0xffff) * 0x10000 + (mask & 0xffff)) * (count > 1 ? -1 : 1);
}

function textOf({ id, mask }: Claim): string {
  return `${hex(id & 0xffff)}/${hex(mask & 0xffff)}`;
}

function textIn(inner: Claim, outer: Claim): string {
  return keyOf(inner) === keyOf(outer) ? textOf(inner) : `${textOf(inner)} (in ${textOf(outer)})`;
}
