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
    if (of !== shown) return [...lines, ...orderSummary(order, width), ...replay];
    return [
      ...lines,
      ...hanging(words(`this order gives it (scenario ${scenario}). ${cause}`), '    ', 0, width),
      '',
      ...lanes(bug, { style, width, value }),
      '',
      ...orderTable(order, width, value),
      ...orderSummary(order, width),
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
  const rows = order.map(({ function: fn, returned, witness, time }) => {
    const step = { task: 0, depth: 0, function: fn, target: '', event: 0 };
    const text = returned === null ? 'what was lost' : String(returned);
    const call = `${fn}() returns ${value({ ...step, op: 'return', value: text })}`;
    return [call, witness ? 'yes' : '-', time === null ? '-' : `${time} s`];
  });
  return tableWithin([['returns, in order', 'witness', 'trace'], ...rows], '    ', width);
}

/** How far the two orders are the same. */
function orderSummary(order: readonly OrderRow[], width: number): string[] {
  const ours = order.filter(({ witness }) => witness);
  const both = ours.filter(({ time }) => time !== null).length;
  const alone = order.length - ours.length;
  const text =
    order.length === 0
      ? 'no trace to compare the order with'
      : `${both} of ${counted(ours.length, 'return')} of the witness in the trace, in this order; ` +
        `${ours.length - both} that the trace does not show; ${alone} in the trace alone`;
  return hanging(text.split(' '), '    ', 2, width);
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
