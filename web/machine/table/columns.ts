// The columns of the table: what of a device is in each, how it is sorted, and as a line of text.

import { hex } from '../../../src/util/index.ts';
import type { DeviceFacts } from '../facts.ts';
import type { FindingCount } from '../marks.ts';

/** A device in its row. */
export interface Row {
  /** Of the devices of the machine. */
  readonly device: number;
  readonly of: DeviceFacts;
  readonly findings: FindingCount;
}

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Raw: it is escaped where it is shown. */
  readonly text: (row: Row) => string;
  /** Rows are in the order of these; of those that are alike, in that of the machine. */
  readonly order: (row: Row) => string | number;
}

const none = Number.POSITIVE_INFINITY;

export const columns: readonly Column[] = [
  {
    key: 'device',
    title: 'device',
    text: ({ of }) => of.name,
    order: ({ of }) => of.name,
  },
  {
    key: 'outcome',
    title: 'outcome',
    text: ({ of }) => of.outcome,
    order: ({ of }) => of.outcome,
  },
  {
    key: 'ids',
    title: 'IOMMU and IDs',
    text: ({ of }) => of.iommus.map(reachText).join(', '),
    order: ({ of }) => `${of.iommus[0]?.iommu ?? '\uffff'} ${number(of.iommus[0]?.ids[0]?.id)}`,
  },
  {
    key: 'group',
    title: 'group',
    text: ({ of }) => (of.group === null ? '' : String(of.group)),
    order: ({ of }) => of.group ?? none,
  },
  {
    key: 'domain',
    title: 'domain',
    text: ({ of }) => of.domain ?? '',
    order: ({ of }) => of.domain ?? '\uffff',
  },
  {
    key: 'findings',
    title: 'findings',
    text: ({ findings }) => findingsText(findings),
    order: ({ findings }) => -(findings.errors * 1e6 + findings.warnings),
  },
  { key: 'bus', title: 'bus', text: ({ of }) => of.bus, order: ({ of }) => of.bus },
  { key: 'what', title: 'what it is', text: ({ of }) => of.what, order: ({ of }) => of.what },
];

/** The IOMMU and each ID, as `inspect` prints them, with none left out. */
export function reachText({ iommu, ids }: DeviceFacts['iommus'][number]): string {
  const texts = ids.map(({ id, mask }) => (mask === 0 ? hex(id) : `${hex(id)}/${hex(mask)}`));
  return [iommu, ...texts].join(' ');
}

/** So that texts sort as numbers do. */
function number(id: number | undefined): string {
  return String(id ?? 0).padStart(12, '0');
}

export function findingsText({ errors, warnings }: FindingCount): string {
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`)
    .join(', ');
}
