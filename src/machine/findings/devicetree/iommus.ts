import {
  type Fdt,
  type FdtNode,
  mapEntries,
  propertyOf,
  type SpecifierEntry,
  specifiers,
} from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import type { Judged } from '../judged.ts';
import { strideFinding } from './ids/stride.ts';

/** An entry of `iommus` that can be read. */
export type GoodEntry = Extract<SpecifierEntry, { ok: true }>;

/** Rules about `iommus` and the IOMMUs it names. */
export function iommusFindings(judged: Judged): Finding[] {
  const findings: Finding[] = [];
  for (const node of judged.enabled) {
    const property = propertyOf(node, 'iommus');
    if (property === undefined) continue;
    const at = { node: node.path, property: 'iommus' } as const;
    const { length } = property.value;
    if (length === 0 || length % 4 !== 0) {
      findings.push({
        ...at,
        rule: 'iommus-length',
        severity: 'error',
        offset: property.offset,
        message: `${length} bytes are no list of 4-byte cells: the device gets no IOMMU`,
        help: 'write a phandle and #iommu-cells cells for each IOMMU',
      });
      continue;
    }
    const entries = specifiers(judged.fdt, property, '#iommu-cells');
    const stride = strideFinding(judged, node, entries);
    if (stride !== null) findings.push(stride);
    for (const entry of entries) if (!entry.ok) findings.push(unreadable(judged, entry, at));
    const good = entries.filter((entry): entry is GoodEntry => entry.ok);
    findings.push(...targets(judged, node, good));
  }
  return findings;
}

function unreadable(
  { driverOf }: Judged,
  { offset, problem, node }: Extract<SpecifierEntry, { ok: false }>,
  at: { readonly node: string; readonly property: string },
): Finding {
  const lost = 'Linux drops this entry and all that follow';
  const found = { ...at, severity: 'error', offset } as const;
  switch (problem.code) {
    case 'fdt/zero-phandle':
      return {
        ...found,
        rule: 'iommus-zero-phandle',
        message: `the phandle here is 0: ${lost}`,
        help: 'check that the entry before has as many cells as #iommu-cells of its IOMMU says',
      };
    case 'fdt/unknown-phandle':
      return {
        ...found,
        rule: 'iommus-dangling',
        message: `no node has the phandle ${problem.found}: ${lost}`,
        help: 'name an IOMMU that is in the tree, or check the cell count of the entry before',
      };
    case 'fdt/short-specifier':
      return {
        ...found,
        rule: 'iommus-short',
        message: `expected ${problem.expected}, found ${problem.found}: ${lost}`,
        help: 'write as many cells as #iommu-cells of the IOMMU says',
      };
    default:
      return {
        ...found,
        rule: 'iommus-no-cells',
        message: `expected ${problem.expected}, found ${problem.found}: ${lost}`,
        help: cellsHelp(node === null || driverOf(node) !== null),
      };
  }
}

/** What to do where a node that is named has no `#iommu-cells`. */
export function cellsHelp(isIommu: boolean): string {
  return isIommu
    ? 'give the IOMMU #iommu-cells, as the binding of its driver says'
    : 'name an IOMMU: that node is none of a kind that the model knows';
}

/** The nodes without `#iommu-cells` that are named as IOMMUs. */
export function namedWithoutCells(
  fdt: Pick<Fdt, 'phandles'>,
  enabled: Iterable<FdtNode>,
): ReadonlySet<FdtNode> {
  const found = new Set<FdtNode>();
  for (const node of enabled) {
    const list = propertyOf(node, 'iommus');
    const map = propertyOf(node, 'iommu-map');
    const targets = [
      ...(list === undefined ? [] : specifiers(fdt, list, '#iommu-cells')),
      ...(map === undefined ? [] : mapEntries(fdt, map).entries),
    ];
    for (const { node: target } of targets)
      if (target !== null && propertyOf(target, '#iommu-cells') === undefined) found.add(target);
  }
  return found;
}

/** What is wrong with the IOMMUs that a device names. */
function targets(judged: Judged, consumer: FdtNode, entries: readonly GoodEntry[]): Finding[] {
  const findings: Finding[] = [];
  const [first] = entries;
  const report = (
    rule: string,
    severity: Finding['severity'],
    { offset }: GoodEntry,
    message: string,
    help: string,
  ): void => {
    const at = { node: consumer.path, property: 'iommus', offset };
    if (!findings.some((finding) => finding.rule === rule)) {
      findings.push({ rule, severity, ...at, message, help });
    }
  };
  for (const entry of entries) {
    const { node } = entry;
    if (node === consumer) {
      const help = 'leave the entry out';
      report('iommu-self', 'error', entry, 'the IOMMU waits for itself', help);
    }
    if (first === undefined || node === first.node) continue;
    const driver = judged.driverOf(node);
    const other = judged.driverOf(first.node);
    if (driver === null || other === null) continue;
    if (driver !== other) {
      const message = `${node.path} needs ${driver.name}, ${first.node.path} needs ${other.name}: refused`;
      const help = 'all IOMMUs of a device must have one driver';
      report('iommu-mixed-drivers', 'error', entry, message, help);
    } else if (driver.severalInstances !== true) {
      const ids = entry.args.map(hex).join(' ');
      const message = `${driver.name} takes this entry's ID ${ids} for one of ${first.node.path}`;
      const help = `${driver.name} serves a device behind one of its IOMMUs only: name one`;
      report('iommu-multi-instance', 'error', entry, message, help);
    }
  }
  return findings;
}
