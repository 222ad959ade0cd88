// What `verify` prints of devices that raced: the order of events that gives what was seen.

import type { Disagreement } from '../../machine/index.ts';
import type { NotRaced, OrderRow, Raced } from '../../scenarios/index.ts';
import { counted } from '../explore/explore.ts';
import { type BugDocument, bugJson } from '../explore/explore-json.ts';
import { type LaneOptions, lanes } from '../lanes/lanes.ts';
import { hanging, tableWithin, words } from '../text/wrap.ts';

/** A device that raced, as the JSON document shows it. */
export interface RacedDocument {
  readonly capture: string;
  readonly device: string;
  readonly differs: readonly Omit<Disagreement, 'device'>[];
  readonly title: string;
  readonly cause: string;
  /** Null from here on where it only misses another device in its group. */
  readonly scenario: string | null;
  readonly preemptions: number | null;
  readonly token: string | null;
  readonly order: readonly OrderRow[] | null;
  readonly bug: BugDocument | null;
}

export function racedJson(capture: string, { device, rows, ...raced }: Raced): RacedDocument {
  const { title, cause, witness } = raced;
  const { scenario = null, preemptions = null, token = null, order = null } = witness ?? {};
  const bug = witness === null ? null : bugJson(witness.bug, witness.token, cause);
  const differs = rows.map(({ field, predicted, observed }) => ({ field, predicted, observed }));
  const told = { capture, device, differs, title, cause };
  return { ...told, scenario, preemptions, token, order, bug };
}

/** Each device that raced; of the first that has a witness the whole of it. */
export function racedText(
  raced: readonly Raced[],
  { style, width, value }: Required<Pick<LaneOptions, 'style' | 'width' | 'value'>>,
): string[] {
  const shown = raced.find(({ witness }) => witness !== null);
  return raced.flatMap((of) => {
    const { device, title, cause, witness } = of;
    const cost = witness === null ? '' : ` (${counted(witness.preemptions, 'preemption')})`;
    const lines = hanging(words(`${device}  a race: ${title}${cost}`), '  ', 4, width).map((line) =>
      line.replace('a race', style('yellow', 'a race')),
    );
    if (witness === null) return [...lines, ...hanging(words(cause), '    ', 0, width)];
    const { order, token, bug, scenario } = witness;
    const replay = [`    replay: fwspec replay ${token}`];
    if (of !== shown) return [...lines, ...orderSummary(order, width, value), ...replay];
    return [
      ...lines,
      ...hanging(words(`this order gives it (scenario ${scenario}). ${cause}`), '    ', 0, width),
      '',
      ...lanes(bug, { style, width, value }),
      '',
      ...orderTable(order, width, value),
      ...orderSummary(order, width, value),
      ...replay,
      '',
    ];
  });
}

/** What both show stands side by side. */
function orderTable(
  order: readonly OrderRow[],
  width: number,
  value: Required<LaneOptions>['value'],
): string[] {
  if (order.length === 0) return [];
  const rows = order.map((row) => [
    `${row.function}() returns ${returnedBy(row, value)}`,
    row.witness ? 'yes' : '-',
    row.time === null ? '-' : `${Number(row.time.toFixed(6))} s`,
  ]);
  return tableWithin([['returns, in order', 'witness', 'trace'], ...rows], '    ', width);
}

/** An error by its name. */
function returnedBy(
  { function: fn, returned }: OrderRow,
  value: Required<LaneOptions>['value'],
): string {
  const step = { task: 0, depth: 0, function: fn, target: '', event: 0 };
  return value({
    ...step,
    op: 'return',
    value: returned === null ? 'what was lost' : String(returned),
  });
}

/** How far the two orders are the same. */
function orderSummary(
  order: readonly OrderRow[],
  width: number,
  value: Required<LaneOptions>['value'],
): string[] {
  const ours = order.filter(({ witness }) => witness);
  const hidden = ours.filter(({ time }) => time === null);
  const alone = order.filter(({ witness }) => !witness);
  const moved = hidden.filter((row) => alone.some((other) => isSame(row, other))).length;
  const silent = hidden.filter((row) => returnedBy(row, value) === '-ENODEV').length;
  const [left, besides] = [hidden.length - moved - silent, alone.length - moved];
  const parts = [
    `the trace has ${ours.length - hidden.length} of these ${counted(ours.length, 'return')} in this order`,
    moved === 0 ? '' : `, ${moved} in another one`,
    silent === 0 ? '' : `; it never shows -ENODEV (${silent})`,
    left === 0 ? '' : `; ${left} it does not have`,
    besides === 0 ? '' : `; ${besides} it has besides`,
  ];
  const text = order.length === 0 ? 'there is no trace to compare the order with' : parts.join('');
  return hanging(text.split(' '), '    ', 2, width);
}

function isSame(a: OrderRow, b: OrderRow): boolean {
  return a.function === b.function && a.returned === b.returned;
}

/** Where no order was found: that is worth knowing of what remains a disagreement. */
export function soughtText(sought: readonly NotRaced[], width: number): string[] {
  return sought.flatMap(({ device, executions, complete }) => {
    const looked = counted(executions, 'execution');
    const text = complete
      ? `no race: no order of events gives it (${looked}, all that there are)`
      : `perhaps a race: incomplete, none of ${looked} gives it`;
    return hanging(words(`${device}  ${text}`), '  ', 4, width);
  });
}
