// Which rows the table has, and in which order.

import type { DeviceOutcome } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import type { MachineFacts } from '../facts.ts';
import type { Marks } from '../marks.ts';
import { type Column, columns, type Row } from './columns.ts';

export interface Order {
  /** Null: what is behind an IOMMU first, as on a terminal; else as Linux creates them. */
  readonly column: Column | null;
  readonly descending: boolean;
}

const outcomeOrder: readonly (readonly DeviceOutcome[])[] = [
  ['translated', 'identity'],
  ['failed'],
  ['deferred'],
  ['absent'],
  ['direct'],
];

export function rowsOf(facts: MachineFacts, marks: Marks): Row[] {
  const rows = facts.devices.map((of, device) => ({ device, of, findings: marks.of(of) }));
  return outcomeOrder.flatMap((some) => rows.filter(({ of }) => some.includes(of.outcome)));
}

/**
 * @param outcomes null for all
 * @param hits devices that were searched for, null for all
 */
export function chosenRows(
  rows: readonly Row[],
  outcomes: ReadonlySet<DeviceOutcome> | null,
  hits: ReadonlySet<number> | null,
  { column, descending }: Order,
): Row[] {
  const chosen = rows.filter(
    ({ device, of }) =>
      (outcomes === null || outcomes.has(of.outcome)) && (hits === null || hits.has(device)),
  );
  if (column === null) return descending ? chosen.reverse() : chosen;
  const keyed = chosen.map((row) => ({ row, key: column.order(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => sign * compared(a.key, b.key) || a.row.device - b.row.device);
  return keyed.map(({ row }) => row);
}

/** By the numbers of characters: the same in every place. */
function compared(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For a spreadsheet: a line for each row, a tab between columns. Escaped, so that none is in a cell. */
export function tsvOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(({ text }) => cell(text(row))).join('\t'));
  return `${[columns.map(({ title }) => title).join('\t'), ...lines].join('\n')}\n`;
}

/** What a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(text: string): string {
  const escaped = escapeText(text);
  return /^[=+\-@]/.test(escaped) ? `'${escaped}` : escaped;
}
