import {
  type FdtNode,
  type FdtProperty,
  mapEntries,
  propertyOf,
  specifiers,
  u32Of,
} from '../../../../firmware/index.ts';
import { mapIommuId } from '../../../../linux/index.ts';
import { isHostBridgeFunction } from '../../../boot/plan/client-drivers.ts';
import { type Judged, offsetOf } from '../../judged.ts';
import { isPlaceholder, usesMap } from '../maps/maps-in-use.ts';

/** Somebody is known to an IOMMU by an ID, or by a range of them. */
export interface Claim {
  /** Who writes it: a device in its list, a host in its map, or a function that is there below one. */
  readonly by: 'list' | 'map' | 'function';
  readonly owner: string;
  readonly id: number;
  /** More than one for a range of a map. */
  readonly count: number;
  /** Bits of the ID that do not matter. */
  readonly mask: number;
  /** Of a map: the ID below the host that becomes the first. */
  readonly input?: number;
  readonly node: FdtNode;
  readonly property: string;
  readonly offset: number;
}

/** All IDs at each IOMMU, of enabled nodes and of the PCI functions that are there. */
export function claimsOf(judged: Judged): ReadonlyMap<FdtNode, readonly Claim[]> {
  const claims = new Map<FdtNode, Claim[]>();
  const add = (iommu: FdtNode, claim: Claim): void => {
    const known = claims.get(iommu);
    if (known === undefined) claims.set(iommu, [claim]);
    else known.push(claim);
  };
  for (const node of judged.enabled) {
    listed(judged, node, add);
    mapped(judged, node, add);
  }
  functions(judged, add);
  return claims;
}

/** What single devices list, of any nodes. */
export function listsOf(judged: Judged, nodes: Iterable<FdtNode>): Claim[][] {
  return [...nodes].flatMap((node) => {
    const claims: Claim[] = [];
    listed(judged, node, (iommu, claim) => {
      if (judged.driverOf(iommu)?.name === 'arm-smmu') claims.push(claim);
    });
    return claims.length === 0 ? [] : [claims];
  });
}

/** Entries of one map that have an ID of another one for other requesters, with the first such ID. */
export function foldsIn(entries: readonly Claim[]): { entry: Claim; id: number }[] {
  const sorted = [...entries].sort((a, b) => a.id - b.id || a.offset - b.offset);
  let widest: Claim | undefined;
  return sorted.flatMap((entry) => {
    const before = widest;
    if (before === undefined || entry.id + entry.count > before.id + before.count) widest = entry;
    if (before === undefined || entry.id >= before.id + before.count) return [];
    if (entry.id - (entry.input ?? 0) === before.id - (before.input ?? 0)) return [];
    return [{ entry: entry.offset > before.offset ? entry : before, id: entry.id }];
  });
}

type Add = (iommu: FdtNode, claim: Claim) => void;

function listed({ fdt }: Judged, node: FdtNode, add: Add): void {
  const property = propertyOf(node, 'iommus');
  for (const entry of property === undefined ? [] : specifiers(fdt, property, '#iommu-cells')) {
    if (!entry.ok) continue;
    const [id, mask = defaultMask(entry.node)] = entry.args;
    if (id === undefined) continue;
    const { offset } = entry;
    const place = { owner: node.path, node, property: 'iommus', offset };
    add(entry.node, { by: 'list', id, count: 1, mask, ...place });
  }
}

function mapped({ fdt, machine, boot: { k } }: Judged, node: FdtNode, add: Add): void {
  const map = propertyOf(node, 'iommu-map');
  if (map === undefined || !usesMap(machine, node)) return;
  const cellsOf = k.design.functions.outputCells(k, map, '#iommu-cells');
  const { entries } = mapEntries(fdt, map, cellsOf);
  if (isPlaceholder(entries)) return;
  for (const { node: iommu, offset, inputBase, outputBase, outputCells, length } of entries) {
    if (iommu === null || length === 0 || outputCells === 0) continue;
    // Where it ends nobody knows, which is found as such.
    if (outputBase + length > 2 ** 32) continue;
    const mask = outputCells > 1 ? cellAt(map, offset + 12) : defaultMask(iommu);
    const place = { owner: node.path, node, property: 'iommu-map', offset };
    add(iommu, { by: 'map', id: outputBase, count: length, mask, input: inputBase, ...place });
  }
}

function functions({ machine, boot }: Judged, add: Add): void {
  for (const of of machine.devices) {
    const node = of.dma_node;
    const dev = boot.devices.get(of);
    if (node === null || of.assumed || dev === undefined || dev.pci === null) continue;
    if (isHostBridgeFunction(of)) continue;
    const property = 'iommu-map';
    const rid = (dev.pci.bus.number << 8) | dev.pci.devfn;
    const found = mapIommuId(boot.k, dev, node, rid);
    if ('error' in found || found.target === null) continue;
    const [id = 0, mask = defaultMask(found.target)] = found.args;
    const place = { owner: of.name, node, property, offset: offsetOf(node, property) };
    add(found.target, { by: 'function', id, count: 1, mask, ...place });
  }
}

/** `stream-match-mask`, for specifiers that have no mask of their own. */
function defaultMask(iommu: FdtNode): number {
  return u32Of(iommu, 'stream-match-mask') ?? 0;
}

/** The cell at a byte of the blob. */
function cellAt({ value, offset }: FdtProperty, at: number): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(at - offset);
}
