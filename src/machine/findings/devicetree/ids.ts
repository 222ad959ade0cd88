import { type FdtNode, propertyOf, specifiers, u32Of } from '../../../firmware/index.ts';
import { mapIommuId } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import { isHostBridgeFunction } from '../../boot/client-drivers.ts';
import type { Finding } from '../../inspection.ts';
import { type Judged, offsetOf } from '../judged.ts';

/** More different IDs than an IOMMU of the kind has entries for: not compared with each other. */
const comparedIds = 1024;

/** Somebody is known to an IOMMU by an ID. */
interface Claim {
  readonly owner: string;
  readonly id: number;
  readonly mask: number;
  readonly node: FdtNode;
  readonly property: string;
  readonly offset: number;
}

/** Rules about IDs that meet at one IOMMU, and about the cells they are written in. */
export function idFindings(judged: Judged): Finding[] {
  const findings: Finding[] = [];
  const claims = claimsOf(judged);
  for (const node of judged.enabled) {
    const driver = judged.driverOf(node)?.name;
    const mine = claims.get(node) ?? [];
    if (driver === 'arm-smmu-v3' && !judged.namedWithoutCells.has(node))
      findings.push(...cellsOfSmmu3(node));
    if (driver === 'arm-smmu-v3') findings.push(...duplicates(node, mine));
    if (driver === 'arm-smmu') findings.push(...conflicts(node, mine));
  }
  return findings;
}

function cellsOfSmmu3(node: FdtNode): Finding[] {
  const cells = u32Of(node, '#iommu-cells');
  if (cells === 1) return [];
  return [
    {
      rule: 'smmu3-cells',
      severity: 'error',
      node: node.path,
      property: '#iommu-cells',
      offset: offsetOf(node, '#iommu-cells'),
      message: `an SMMUv3 has #iommu-cells = <1>, this one ${cells === null ? 'none' : `<${cells}>`}: newer kernels do not probe it`,
      help: 'write #iommu-cells = <1>, and one cell after its phandle',
    },
  ];
}

/** All IDs at each IOMMU, of enabled nodes and of the PCI functions that are there. */
function claimsOf({ fdt, enabled, machine, boot }: Judged): Map<FdtNode, Claim[]> {
  const claims = new Map<FdtNode, Claim[]>();
  const add = (iommu: FdtNode, id: number, mask: number, by: Omit<Claim, 'id' | 'mask'>): void => {
    const known = claims.get(iommu);
    const claim = { ...by, id, mask };
    if (known === undefined) claims.set(iommu, [claim]);
    else known.push(claim);
  };
  for (const node of enabled) {
    const property = propertyOf(node, 'iommus');
    for (const entry of property === undefined ? [] : specifiers(fdt, property, '#iommu-cells')) {
      if (!entry.ok) continue;
      const [id, mask = defaultMask(entry.node)] = entry.args;
      if (id === undefined) continue;
      const { offset } = entry;
      add(entry.node, id, mask, { owner: node.path, node, property: 'iommus', offset });
    }
  }
  for (const of of machine.devices) {
    const host = of.dma_node;
    const dev = boot.devices.get(of);
    if (host === null || of.assumed || dev === undefined || dev.pci === null) continue;
    if (isHostBridgeFunction(of)) continue;
    const property = 'iommu-map';
    const rid = (dev.pci.bus.number << 8) | dev.pci.devfn;
    const mapped = mapIommuId(boot.k, dev, host, rid);
    if ('error' in mapped || mapped.target === null) continue;
    const by = { owner: of.name, node: host, property, offset: offsetOf(host, property) };
    const [id = 0, mask = defaultMask(mapped.target)] = mapped.args;
    add(mapped.target, id, mask, by);
  }
  return claims;
}

/** SMMUv3: a StreamID has one owner. */
function duplicates(smmu: FdtNode, claims: readonly Claim[]): Finding[] {
  const byId = new Map<number, Claim[]>();
  for (const claim of claims) {
    const known = byId.get(claim.id);
    if (known === undefined) byId.set(claim.id, [claim]);
    else if (known.every(({ owner }) => owner !== claim.owner)) known.push(claim);
  }
  return [...byId].flatMap(([id, [, second, ...rest]]) => {
    if (second === undefined) return [];
    const owners = (byId.get(id) ?? []).slice(0, 4).map(({ owner }) => owner);
    const more = rest.length > 2 ? ` and ${rest.length - 2} more` : '';
    return [
      {
        rule: 'smmu3-dup-sid',
        severity: 'error' as const,
        node: second.node.path,
        property: second.property,
        offset: second.offset,
        message: `StreamID ${hex(id)} of ${smmu.path} belongs to ${owners.join(', ')}${more}: only the first to probe gets the IOMMU`,
        help: 'give each device StreamIDs of its own',
      },
    ];
  });
}

/** SMMUv2: two sets of IDs are equal, one in the other, or apart. */
function conflicts(smmu: FdtNode, claims: readonly Claim[]): Finding[] {
  const sets = new Map<number, Claim>();
  for (const claim of claims) {
    const key = (claim.id & 0xffff) * 0x10000 + (claim.mask & 0xffff);
    if (!sets.has(key)) sets.set(key, claim);
  }
  const distinct = [...sets.values()].slice(0, comparedIds);
  return distinct.flatMap((claim, index) => {
    const other = distinct.slice(0, index).find((before) => partlyOverlap(before, claim));
    if (other === undefined) return [];
    return [
      {
        rule: 'smmu2-smr-conflict',
        severity: 'error' as const,
        node: claim.node.path,
        property: claim.property,
        offset: claim.offset,
        message: `${smmu.path} cannot match ${set(claim)} of ${claim.owner} beside ${set(other)} of ${other.owner}: they overlap in part, and the later to probe gets no IOMMU`,
        help: 'choose masks so that two sets of IDs are equal, one in the other, or apart',
      },
    ];
  });
}

function partlyOverlap(a: Claim, b: Claim): boolean {
  const differ = (a.id ^ b.id) & 0xffff;
  if ((differ & ~(a.mask | b.mask)) !== 0) return false;
  const within = (inner: Claim, outer: Claim): boolean =>
    (inner.mask & outer.mask & 0xffff) === (inner.mask & 0xffff) && (differ & ~outer.mask) === 0;
  return !within(a, b) && !within(b, a);
}

function set({ id, mask }: Claim): string {
  return `${hex(id & 0xffff)}/${hex(mask & 0xffff)}`;
}

/** `stream-match-mask`, for specifiers that have no mask of their own. */
function defaultMask(iommu: FdtNode): number {
  return u32Of(iommu, 'stream-match-mask') ?? 0;
}
