import {
  type FdtNode,
  type MapEntry,
  mapEntries,
  propertyOf,
  specifiers,
} from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import type { Judged } from '../judged.ts';
import { holeFindings } from './holes.ts';
import { cellsHelp } from './iommus.ts';

const property = 'iommu-map';

/** Rules about `iommu-map`. */
export function mapFindings(judged: Judged): Finding[] {
  const hosts = new Set(judged.machine.hostBridges.map(({ device }) => device.of_node));
  const findings: Finding[] = [];
  for (const node of judged.enabled) {
    const map = propertyOf(node, property);
    if (!hosts.has(node)) continue;
    if (map === undefined) {
      findings.push(...withoutMap(judged, node));
      continue;
    }
    const { k } = judged.boot;
    const cellsOf = k.design.functions.outputCells(k, map, '#iommu-cells');
    const { entries, trailingBytes } = mapEntries(judged.fdt, map, cellsOf);
    if (trailingBytes > 0 || entries.length === 0) {
      findings.push({
        rule: 'iommu-map-length',
        severity: 'error',
        node: node.path,
        property,
        offset: map.offset + map.value.length - trailingBytes,
        message: `${map.value.length} bytes are no list of entries: the map is not used, or not from there on`,
        help: 'write requester ID, phandle, output ID and length in each entry',
      });
      continue;
    }
    const mask = maskOf(node);
    for (const entry of entries) findings.push(...entryFindings(judged, node, entry, mask));
    findings.push(...overlaps(node, entries), ...holeFindings(judged, node));
  }
  return findings;
}

/** Its functions have no IOMMU, and somebody seems to have meant that they have. */
function withoutMap({ fdt, enabled }: Judged, node: FdtNode): Finding[] {
  const iommus = propertyOf(node, 'iommus');
  if (iommus === undefined) return [];
  const entries = specifiers(fdt, iommus, '#iommu-cells');
  if (!entries.some((entry) => entry.ok && enabled.has(entry.node))) return [];
  return [
    {
      rule: 'pcie-iommus-without-map',
      severity: 'warning',
      node: node.path,
      property: 'iommus',
      offset: iommus.offset,
      message:
        'functions below a host bridge go by iommu-map alone: with iommus the bridge itself is behind an IOMMU, and they are in no group',
      help: 'describe the requester IDs in iommu-map, as <0 &iommu base length>',
    },
  ];
}

function maskOf(node: FdtNode): number {
  const mask = propertyOf(node, 'iommu-map-mask')?.value;
  if (mask === undefined || mask.length < 4) return 0xffffffff;
  return new DataView(mask.buffer, mask.byteOffset).getUint32(0);
}

function entryFindings(judged: Judged, host: FdtNode, entry: MapEntry, mask: number): Finding[] {
  const at = { node: host.path, property };
  const findings: Finding[] = [];
  const { inputBase, outputBase, length, phandle, node } = entry;
  if ((inputBase & ~mask) !== 0) {
    findings.push({
      ...at,
      rule: 'iommu-map-base-outside-mask',
      severity: 'error',
      offset: entry.offset,
      message: `requester ID ${hex(inputBase)} has bits outside iommu-map-mask ${hex(mask)}: no ID is mapped by this entry or a later one`,
      help: 'clear those bits in the entry, or set them in the mask',
    });
  }
  if (node === null) {
    findings.push({
      ...at,
      rule: 'iommu-map-dangling',
      severity: 'error',
      offset: entry.offset + 4,
      message: `no node has the phandle ${hex(phandle)}: its requester IDs get no IOMMU`,
      help: 'name an IOMMU that is in the tree, and write entries of 4 cells',
    });
  } else if (judged.enabled.has(node) && propertyOf(node, '#iommu-cells') === undefined) {
    findings.push({
      ...at,
      rule: 'iommu-map-no-cells',
      severity: 'error',
      offset: entry.offset + 4,
      message: `${node.path} has no #iommu-cells, as every IOMMU has`,
      help: cellsHelp(judged.driverOf(node) !== null),
    });
  }
  if (length > 1 && entry.outputCells > 1) {
    findings.push({
      ...at,
      rule: 'iommu-map-range-cells',
      severity: 'error',
      offset: entry.offset,
      message: `a range of ${hex(length)} IDs has ${entry.outputCells} output cells: nobody knows which ID gets what`,
      help: 'write an entry of length 1 for each ID',
    });
  }
  if (length === 0) {
    findings.push({
      ...at,
      rule: 'iommu-map-zero-length',
      severity: 'note',
      offset: entry.offset + 8 + 4 * entry.outputCells,
      message: 'an entry of length 0 maps nothing',
      help: 'boot loaders fill such entries in: look at the tree of the running machine',
    });
  }
  if (inputBase + length > 2 ** 32 || outputBase + length > 2 ** 32) {
    findings.push({
      ...at,
      rule: 'iommu-map-wrap',
      severity: 'error',
      offset: entry.offset + 8 + 4 * entry.outputCells,
      message: `a range of ${hex(length)} IDs ends past 32 bits`,
      help: 'shorten the range',
    });
  }
  return findings;
}

/** Each entry that has IDs of one before it, once. */
function overlaps(host: FdtNode, entries: readonly MapEntry[]): Finding[] {
  const sorted = entries
    .map((entry, index) => ({ entry, index, end: entry.inputBase + entry.length }))
    .filter(({ entry }) => entry.length > 0)
    .sort((a, b) => a.entry.inputBase - b.entry.inputBase || a.index - b.index);
  const later = new Set<MapEntry>();
  let [widest] = sorted;
  for (const next of sorted.slice(1)) {
    if (widest !== undefined && next.entry.inputBase < widest.end) {
      later.add(next.index > widest.index ? next.entry : widest.entry);
    }
    if (widest === undefined || next.end > widest.end) widest = next;
  }
  return entries
    .filter((entry) => later.has(entry))
    .map(({ offset, inputBase, length }) => ({
      rule: 'iommu-map-overlap',
      severity: 'warning',
      node: host.path,
      property,
      offset,
      message: `requester IDs from ${hex(inputBase)}, length ${hex(length)}, are partly in an entry before it, which wins`,
      help: 'let each requester ID be in one entry',
    }));
}
