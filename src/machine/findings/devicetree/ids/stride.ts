// Lists that read well with another count of cells than the one their IOMMU says.

import type { SpecifierEntry } from '../../../../firmware/index.ts';
import { type FdtNode, propertyOf, u32Of, wholeCells } from '../../../../firmware/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { Judged } from '../../judged.ts';

/** As many cells behind a phandle are tried. */
const tried = [0, 1, 2, 3];

/** Null where the count of cells fits, or no other fits better. */
export function strideFinding(
  { fdt }: Judged,
  node: FdtNode,
  entries: readonly SpecifierEntry[],
): Finding | null {
  const list = wholeCells(propertyOf(node, 'iommus'));
  const [first] = entries;
  const property = propertyOf(node, 'iommus');
  const target = first?.node ?? null;
  const said = target === null ? null : u32Of(target, '#iommu-cells');
  if (target === null || said === null || property === undefined || list.length < 2) return null;
  const problem = entries.flatMap((entry) => (entry.ok ? [] : [entry.problem.code])).at(0);
  // What that means its own rule says.
  if (problem === 'fdt/zero-phandle') return null;
  const cells = tried.find((count) => {
    const size = count + 1;
    if (count === said || list.length % size !== 0) return false;
    // A list that can be read has swallowed phandles, if it is wrong; one number may be both.
    if (problem === undefined && (count > said || count === 0 || list.length === size))
      return false;
    // Any list reads like one entry: only one cell that is left over counts.
    if (list.length === size && count !== said + 1) return false;
    return list.every((cell, at) => at % size !== 0 || isIommu(fdt.phandles.get(cell)));
  });
  if (cells === undefined) return null;
  return {
    rule: 'iommus-cells-mismatch',
    severity: 'warning',
    node: node.path,
    property: 'iommus',
    offset: property.offset,
    message: `#iommu-cells of ${target.path} is ${said}, the list reads like one with ${cells}: Linux takes phandles for IDs, or IDs for phandles`,
    help: `write ${said} cell${said === 1 ? '' : 's'} after each phandle, or correct #iommu-cells`,
  };
}

function isIommu(node: FdtNode | undefined): boolean {
  return node !== undefined && propertyOf(node, '#iommu-cells') !== undefined;
}
