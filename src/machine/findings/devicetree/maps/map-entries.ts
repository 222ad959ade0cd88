import { type FdtNode, type MapEntry, propertyOf } from '../../../../firmware/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { Judged } from '../../judged.ts';
import { cellsHelp } from '../iommus.ts';

const property = 'iommu-map';

/** What is wrong in one entry that can be read. */
export function entryFindings(
  judged: Judged,
  host: FdtNode,
  entry: MapEntry,
  mask: number,
): Finding[] {
  const at = { node: host.path, property };
  const findings: Finding[] = [];
  const { inputBase, outputBase, length, node } = entry;
  const cut = firstCut(inputBase, mask);
  if (node !== null && judged.enabled.has(node) && propertyOf(node, '#iommu-cells') === undefined) {
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
  if ((inputBase & ~mask) === 0 && cut !== null && cut < inputBase + length) {
    findings.push({
      ...at,
      rule: 'iommu-map-mask-range',
      severity: 'warning',
      offset: entry.offset + 8 + 4 * entry.outputCells,
      message: `iommu-map-mask ${hex(mask)} leaves no requester ID as ${hex(cut)}, to which the entry reaches`,
      help: 'shorten the entry, or set the bits in the mask',
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

/**
 * The first ID from `base` on that the mask cuts; null where it cuts none. A mask that drops the lowest
 * bits puts IDs together, such as the functions of a device, and entries name all of them.
 */
function firstCut(base: number, mask: number): number | null {
  const together = mask === 0 ? 0 : (mask & -mask) - 1;
  const dropped = ~mask & ~together;
  if (dropped === 0) return null;
  const lowest = (dropped & -dropped) >>> 0;
  return base - (base % lowest) + lowest;
}

/** Each entry that has IDs of one before it, once. */
export function overlaps(host: FdtNode, entries: readonly MapEntry[]): Finding[] {
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
