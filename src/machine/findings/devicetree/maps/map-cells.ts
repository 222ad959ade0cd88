// How many output cells the entries of a map have, and how many those want whom they name. Kernels
// differ in that, so those that the model knows are asked.

import {
  type Fdt,
  type FdtNode,
  type FdtProperty,
  type MapEntry,
  mapEntries,
} from '../../../../firmware/index.ts';
import { type Design, firstCell } from '../../../../linux/index.ts';
import { designOf, newestKernel, oldestKernel } from '../../../../series/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { Judged } from '../../judged.ts';

/** A map as a kernel reads it. */
export interface Reading {
  readonly entries: readonly MapEntry[];
  readonly trailingBytes: number;
}

/** What a kernel makes of a map; without a kernel, the one that is chosen. */
export function readingOf(
  { fdt, boot: { k } }: Pick<Judged, 'fdt' | 'boot'>,
  map: FdtProperty,
  cells: '#iommu-cells' | '#msi-cells',
  { functions }: Design = k.design,
): Reading {
  return mapEntries(fdt, map, functions.outputCells(k, map, cells));
}

/** Whether it is a list of entries, and there is whom they name. */
export function isWhole({ entries, trailingBytes }: Reading): boolean {
  return entries.length > 0 && trailingBytes === 0 && entries.every(({ node }) => node !== null);
}

/** A map whose entries are not as long as one of their targets wants, or as old kernels want. */
export function cellsFinding(judged: Judged, host: FdtNode, map: FdtProperty): Finding | null {
  const read = (kernel: string): Reading =>
    readingOf(judged, map, '#iommu-cells', designOf(kernel));
  const old = read(oldestKernel);
  const young = read(newestKernel);
  const own = readingOf(judged, map, '#iommu-cells');
  const other = [...young.entries, ...old.entries].find(({ node }) => wants(node) !== 1);
  if (other === undefined || other.node === null) return null;
  const wanted = `${other.node.path} wants ${wants(other.node)}`;
  const at = { node: host.path, property: map.name, offset: map.offset };
  if (isWhole(young) && isSame(old, young))
    return {
      ...at,
      rule: 'iommu-map-2cell-legacy',
      severity: 'warning',
      message: `its ${counted(old)} one output cell, ${wanted}: read as they are, and newer kernels complain`,
      help: 'write as many cells as #iommu-cells of the IOMMU says, where no kernel before v7.3 has to read it',
    };
  if (isWhole(young))
    return {
      ...at,
      rule: 'iommu-map-needs-new-kernel',
      severity: isSame(own, young) ? 'note' : 'error',
      message: `its ${counted(young)} as many output cells as the IOMMU wants: kernels before v7.3 read 4 cells for each, and find other IDs or none`,
      help: 'leave it so for new kernels; for older ones, write one output cell in each entry',
    };
  if (isWhole(old))
    return {
      ...at,
      rule: 'iommu-map-2cell-broken',
      severity: isSame(own, old) ? 'warning' : 'error',
      message: `its ${counted(old)} one output cell, ${wanted}: newer kernels read ${readAs(judged, young)}`,
      help: 'write as many cells as #iommu-cells of the IOMMU says, and an entry for each ID',
    };
  return null;
}

function wants(target: FdtNode | null): number {
  return target === null ? 1 : (firstCell(target, '#iommu-cells') ?? 1);
}

function isSame(one: Reading, other: Reading): boolean {
  return (
    one.trailingBytes === other.trailingBytes &&
    one.entries.length === other.entries.length &&
    one.entries.every(({ offset }, i) => offset === other.entries[i]?.offset)
  );
}

function counted({ entries }: Reading): string {
  return entries.length === 1 ? 'entry has' : `${entries.length} entries have`;
}

/** Where the reading goes wrong first. */
function readAs({ fdt }: { readonly fdt: Pick<Fdt, 'phandles'> }, young: Reading): string {
  const lost = young.entries.find(({ phandle }) => !fdt.phandles.has(phandle));
  if (lost !== undefined) return `${hex(lost.phandle)} as a phandle`;
  const { length } = young.entries;
  const read = length === 0 ? 'no entry' : length === 1 ? '1 entry' : `${length} entries`;
  return `${read} and a rest of ${young.trailingBytes} bytes`;
}
