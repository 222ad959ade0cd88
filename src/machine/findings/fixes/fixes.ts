// What to write instead, where there is one answer that nobody has to think about.

import {
  compatibleOf,
  type FdtNode,
  type FdtProperty,
  mapEntries,
  propertyOf,
  specifiers,
  u32Of,
  wholeCells,
} from '../../../firmware/index.ts';
import type { Finding } from '../../inspection.ts';
import type { Judged } from '../judged.ts';
import { nodeAt } from '../node-at.ts';
import type { TreeEdit } from './tree-edit.ts';

/** Where a finding is. */
interface Place {
  readonly judged: Judged;
  readonly node: FdtNode;
  readonly property: string;
  /** Of a property that is there. */
  readonly list: FdtProperty;
  readonly cells: readonly number[];
  /** The cell that is wrong. */
  readonly cell: number;
}

type Fixer = (place: Place) => TreeEdit | null;

const fixers: Readonly<Record<string, Fixer>> = {
  'cells-driver': rightCount,
  'iommu-map-base-outside-mask': maskedBase,
  'iommu-map-length': withoutZeros,
  'iommu-map-no-cells': missingCount,
  'iommu-self': withoutEntry,
  'iommus-no-cells': missingCount,
  'iommus-zero-phandle': withoutZeros,
  'msi-map-base-outside-mask': maskedBase,
  'msi-map-length': withoutZeros,
  'msi-no-cells': missingMsiCount,
  'smmu3-cells': rightCount,
};

/** The change after which the rule has nothing to say; null where somebody has to decide. */
export function fixOf(judged: Judged, finding: Finding): TreeEdit | null {
  const { property, offset } = finding;
  const fixer = fixers[finding.rule];
  const node = nodeAt(judged.fdt.root, finding.node);
  if (fixer === undefined || node === null || property === null) return null;
  const list = propertyOf(node, property);
  if (list === undefined) return property === '#iommu-cells' ? count(judged, node) : null;
  const cells = wholeCells(list);
  const cell = offset === null ? 0 : (offset - list.offset) / 4;
  return fixer({ judged, node, property, list, cells, cell });
}

/** The IOMMU that is named here has no `#iommu-cells`. */
function missingCount({ judged, cells, cell }: Place): TreeEdit | null {
  const target = judged.fdt.phandles.get(cells[cell] ?? 0);
  return target === undefined ? null : count(judged, target);
}

/** The ITS that is named here has no `#msi-cells`, which is 1 by its binding; other controllers differ. */
function missingMsiCount({ judged, cells, cell }: Place): TreeEdit | null {
  const node = judged.fdt.phandles.get(cells[cell] ?? 0);
  if (node === undefined || !compatibleOf(node).includes('arm,gic-v3-its')) return null;
  return { does: 'add', node, property: '#msi-cells', value: 1 };
}

function rightCount({ judged, node }: Place): TreeEdit | null {
  return count(judged, node);
}

/** As many as the driver wants, if all lists can be read with that. */
function count({ fdt, driverOf }: Judged, iommu: FdtNode): TreeEdit | null {
  const property = '#iommu-cells';
  const driver = driverOf(iommu);
  if (driver === null) return null;
  const value = new Uint8Array([0, 0, 0, driver.cells]);
  const cells = { name: property, value, offset: 0 };
  const counted = { ...iommu, properties: new Map([...iommu.properties, [property, cells]]) };
  const phandles = new Map([...fdt.phandles, [iommu.phandle ?? 0, counted]]);
  const fits = (node: FdtNode): boolean => {
    const list = propertyOf(node, 'iommus');
    const entries = list === undefined ? [] : specifiers({ phandles }, list, property);
    const names = entries.some((entry) => entry.node === counted);
    return (!names || entries.every(({ ok }) => ok)) && node.children.every(fits);
  };
  if (!fits(fdt.root)) return null;
  return u32Of(iommu, property) === null
    ? { does: 'add', node: iommu, property, value: driver.cells }
    : { does: 'put', node: iommu, property, cell: 0, value: driver.cells };
}

/** Linux reads no list beyond a phandle of 0, and no map beyond its last whole entry. */
function withoutZeros({ node, property, cells, cell }: Place): TreeEdit | null {
  const rest = cells.slice(cell);
  if (rest.length === 0 || rest.some((value) => value !== 0)) return null;
  return { does: 'leave-out', node, property, from: cell, to: cells.length };
}

/** The entry that begins here. */
function withoutEntry({ judged, node, property, list, cell }: Place): TreeEdit | null {
  const entry = specifiers(judged.fdt, list, '#iommu-cells').find(
    ({ offset }) => offset === list.offset + 4 * cell,
  );
  if (entry?.ok !== true) return null;
  return { does: 'leave-out', node, property, from: cell, to: cell + 1 + entry.args.length };
}

/** The bits go, unless the entry were in the way of another then. */
function maskedBase({ judged, node, property, list, cells, cell }: Place): TreeEdit | null {
  const mask = u32Of(node, `${property}-mask`);
  const base = cells[cell];
  if (mask === null || base === undefined) return null;
  const value = (base & mask) >>> 0;
  const { entries } = mapEntries(judged.fdt, list);
  const own = entries.find(({ offset }) => offset === list.offset + 4 * cell);
  if (own === undefined) return null;
  const meets = entries.some(
    (entry) =>
      entry !== own &&
      value < ((entry.inputBase & mask) >>> 0) + entry.length &&
      (entry.inputBase & mask) >>> 0 < value + own.length,
  );
  return meets ? null : { does: 'put', node, property, cell, value };
}
