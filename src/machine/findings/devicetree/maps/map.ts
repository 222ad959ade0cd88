import {
  compatibleOf,
  type FdtNode,
  type FdtProperty,
  type MapEntry,
  propertyOf,
} from '../../../../firmware/index.ts';
import { firstCell } from '../../../../linux/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { HostBridge } from '../../../machine.ts';
import type { Judged } from '../../judged.ts';
import { coverageFindings } from './coverage.ts';
import { holeFindings } from './holes.ts';
import { withoutMap } from './hosts.ts';
import { cellsFinding, isWhole, readingOf } from './map-cells.ts';
import { entryFindings, overlaps } from './map-entries.ts';
import { usesMap } from './maps-in-use.ts';
import { maskFoldFindings } from './mask-folds.ts';

/** One of the properties that map IDs, and the rules about it that are alike. */
interface MapKind {
  readonly property: 'iommu-map' | 'msi-map';
  readonly mask: string;
  readonly cells: '#iommu-cells' | '#msi-cells';
  /** The rules. */
  readonly length: string;
  readonly dangling: string;
  readonly outside: string;
  readonly maskLength: string;
  /** What those have not whose IDs are not found. */
  readonly lost: string;
  /** Whom an entry names. */
  readonly target: string;
}

const iommuMap: MapKind = {
  property: 'iommu-map',
  mask: 'iommu-map-mask',
  cells: '#iommu-cells',
  length: 'iommu-map-length',
  dangling: 'iommu-map-dangling',
  outside: 'iommu-map-base-outside-mask',
  maskLength: 'iommu-map-mask-length',
  lost: 'IOMMU',
  target: 'an IOMMU',
};

const msiMap: MapKind = {
  property: 'msi-map',
  mask: 'msi-map-mask',
  cells: '#msi-cells',
  length: 'msi-map-length',
  dangling: 'msi-map-dangling',
  outside: 'msi-map-base-outside-mask',
  maskLength: 'msi-map-mask-length',
  lost: 'MSI',
  target: 'an MSI controller',
};

/** Rules about `iommu-map` and `msi-map`. */
export function mapFindings(judged: Judged): Finding[] {
  const { machine } = judged;
  const hosts = new Map(machine.hostBridges.map((host) => [host.device.of_node, host]));
  const findings: Finding[] = [];
  for (const node of judged.enabled) {
    const map = propertyOf(node, 'iommu-map');
    const host = hosts.get(node);
    if (map === undefined) {
      if (host !== undefined) findings.push(...withoutMap(judged, node));
    } else if (usesMap(machine, node)) {
      const entries = readable(judged, node, map, iommuMap, findings);
      if (entries !== null) findings.push(...iommuMapFindings(judged, node, map, host, entries));
    } else findings.push(ignored(node, map));
    const msi = propertyOf(node, 'msi-map');
    if (msi !== undefined) {
      const entries = readable(judged, node, msi, msiMap, findings);
      if (entries !== null) findings.push(...withoutMsiCells(judged, node, msi, entries));
    }
  }
  return findings;
}

/** What is in the map, if it can be read; what is wrong in each entry of either kind is told. */
function readable(
  judged: Judged,
  node: FdtNode,
  map: FdtProperty,
  kind: MapKind,
  findings: Finding[],
): readonly MapEntry[] | null {
  const reading = readingOf(judged, map, kind.cells);
  const cells = kind === iommuMap ? cellsFinding(judged, node, map) : null;
  if (cells !== null) findings.push(cells);
  findings.push(...maskFindings(node, kind));
  const { entries, trailingBytes } = reading;
  const at = { node: node.path, property: kind.property, severity: 'error' } as const;
  if (trailingBytes > 0 || entries.length === 0) {
    if (cells === null)
      findings.push({
        ...at,
        rule: kind.length,
        offset: map.offset + map.value.length - trailingBytes,
        message: `${map.value.length} bytes are no list of entries: the map is not used, or not from there on`,
        help: 'write requester ID, phandle, output ID and length in each entry',
      });
    return null;
  }
  if (cells !== null && !isWhole(reading)) return null;
  const mask = firstCell(node, kind.mask) ?? 0xffffffff;
  for (const { inputBase, offset, node: target, phandle } of entries) {
    if ((inputBase & ~mask) !== 0)
      findings.push({
        ...at,
        rule: kind.outside,
        offset,
        message: `requester ID ${hex(inputBase)} has bits outside ${kind.mask} ${hex(mask)}: no ID is mapped by this entry or a later one`,
        help: 'clear those bits in the entry, or set them in the mask',
      });
    if (target === null)
      findings.push({
        ...at,
        rule: kind.dangling,
        offset: offset + 4,
        message: `no node has the phandle ${hex(phandle)}: its requester IDs get no ${kind.lost}`,
        help: `name ${kind.target} that is in the tree, and write entries of 4 cells`,
      });
  }
  return entries;
}

function maskFindings(node: FdtNode, { mask: property, maskLength }: MapKind): Finding[] {
  const mask = propertyOf(node, property);
  if (mask === undefined || mask.value.length === 4) return [];
  const linux =
    mask.value.length < 4 ? 'Linux takes it for none' : 'Linux takes the first cell alone';
  return [
    {
      rule: maskLength,
      severity: 'warning',
      node: node.path,
      property,
      offset: mask.offset,
      message: `${mask.value.length} bytes are no mask: ${linux}`,
      help: 'write one cell, or nothing where all bits count',
    },
  ];
}

function iommuMapFindings(
  judged: Judged,
  node: FdtNode,
  map: FdtProperty,
  host: HostBridge | undefined,
  entries: readonly MapEntry[],
): Finding[] {
  const mask = firstCell(node, iommuMap.mask) ?? 0xffffffff;
  const findings = entries.flatMap((entry) => entryFindings(judged, node, entry, mask));
  findings.push(...overlaps(node, entries));
  if (host === undefined) return findings;
  findings.push(...holeFindings(judged, node));
  // Where no ID is looked up, none is left out.
  const isRead = entries.every(
    ({ inputBase, node: of }) => of !== null && (inputBase & ~mask) === 0,
  );
  const at = { node: node.path, property: map.name, offset: map.offset };
  if (!isRead) return findings;
  findings.push(...maskFoldFindings(judged, host, entries, mask));
  return [...findings, ...coverageFindings(judged, host, entries, mask, at)];
}

/** Its binding is older than `#msi-cells`, and has none. */
const withoutCells = 'arm,gic-v2m-frame';

/** Linux takes one cell where nothing is said. One finding, of the first entry. */
function withoutMsiCells(
  { enabled }: Judged,
  node: FdtNode,
  map: FdtProperty,
  entries: readonly MapEntry[],
): Finding[] {
  const isSilent = (target: FdtNode): boolean =>
    enabled.has(target) &&
    propertyOf(target, '#msi-cells') === undefined &&
    !compatibleOf(target).includes(withoutCells);
  const entry = entries.find(({ node: target }) => target !== null && isSilent(target));
  if (entry === undefined) return [];
  return [
    {
      rule: 'msi-no-cells',
      severity: 'note',
      node: node.path,
      property: map.name,
      offset: entry.offset + 4,
      message: `${entry.node?.path} has no #msi-cells: Linux takes it for 1`,
      help: 'write #msi-cells = <1> in the MSI controller',
    },
  ];
}

function ignored(node: FdtNode, map: FdtProperty): Finding {
  return {
    rule: 'iommu-map-ignored',
    severity: 'note',
    node: node.path,
    property: map.name,
    offset: map.offset,
    message:
      'it is no PCI host bridge, nor a bus of another kind that goes by IDs: nobody looks its map up',
    help: 'write iommus for the device itself, and iommu-map in the host bridge alone',
  };
}
