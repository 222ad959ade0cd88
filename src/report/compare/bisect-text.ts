import { escapeText } from '../../util/index.ts';
import { counted } from '../explore/explore.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { hanging, words, wrap } from '../text/wrap.ts';
import { type BisectStep, type BugHistory, type Change, historiesOf } from './bisect.ts';
import { type CompareRow, completenessText, isDataRace } from './compare.ts';

export interface BisectTextOptions extends TextOptions {
  /** Data races, too. */
  readonly all?: boolean;
}

/** What happens to a bug at a step, with the scenarios it happens in. */
interface Event {
  readonly what: string;
  readonly bug: string;
  readonly scenarios: string[];
}

/** The story of a series: what each patch brings and removes, and what is left at its end. */
export function bisectText(
  steps: readonly BisectStep[],
  rows: readonly CompareRow[],
  { style = plain, width = defaultWidth, all = false }: BisectTextOptions = {},
): string[] {
  const histories = historiesOf(steps, rows);
  const shown = all ? histories : histories.filter(({ bug }) => !isDataRace(bug));
  const first = steps[0]?.kernel ?? '';
  const last = steps.at(-1)?.kernel ?? '';
  const lines: string[] = [];
  const section = (title: string, events: readonly Event[]): void => {
    if (events.length === 0) return;
    lines.push(...hanging(words(title), '', 4, width).map((line) => style('bold', line)));
    for (const { what, bug, scenarios } of events) {
      lines.push(`  ${what.padEnd(8)}${escapeText(bug)}`);
      const where = wrap(words(scenarios.join(', ')), ' '.repeat(10), width);
      lines.push(...where.map((line) => style('dim', line)));
    }
    lines.push('');
  };
  section(`${first}: there from the start`, eventsOf(shown, 'has', atStart));
  for (const [i, step] of steps.entries()) {
    const at =
      (end: 'brought' | 'removed'): Happens =>
      ({ spells }) =>
        changeAt(
          spells.map((spell) => spell[end]),
          step,
          steps[i - 1],
        );
    section(titleOf(step), [
      ...eventsOf(shown, 'brings', at('brought')),
      ...eventsOf(shown, 'removes', at('removed')),
    ]);
  }
  section(`${last}: there at the end`, eventsOf(shown, 'has', atEnd));
  const hidden =
    new Set(histories.map(({ bug }) => bug)).size - new Set(shown.map(({ bug }) => bug)).size;
  if (hidden > 0) lines.push(`${counted(hidden, 'data race')} (--all shows them)`);
  const sum = `${counted(steps.length, 'kernel')}, ${counted(rows.length, 'cell')}: ${completenessText({ rows })}`;
  lines.push(...hanging(sum.split(' '), '', 2, width));
  return lines;
}

function titleOf({ kernel, subject }: BisectStep): string {
  return subject === null ? kernel : `${kernel}: ${subject}`;
}

/** A remark about an event, empty when there is none to make; null when it does not happen. */
type Happens = (history: BugHistory) => string | null;

const atStart: Happens = ({ spells }) => (spells[0]?.brought === null ? '' : null);
const atEnd: Happens = ({ spells }) => (spells.at(-1)?.removed === null ? '' : null);

/** A change at a step; where searches before it were cut short, it may have come earlier. */
function changeAt(
  changes: readonly (Change | null)[],
  step: BisectStep,
  before: BisectStep | undefined,
): string | null {
  const change = changes.find((one) => one?.kernel === step.kernel) ?? null;
  if (change === null) return null;
  return change.after === before?.kernel ? '' : `: here, or by a patch after ${change.after}`;
}

/** One event for each bug that something happens to, in the order of their names. */
function eventsOf(histories: readonly BugHistory[], what: string, happens: Happens): Event[] {
  const events = new Map<string, Event>();
  for (const history of histories) {
    const remark = happens(history);
    if (remark === null) continue;
    const { bug, scenario, driver } = history;
    const event = events.get(bug) ?? { what, bug, scenarios: [] };
    event.scenarios.push(`${driver === undefined ? scenario : `${scenario} (${driver})`}${remark}`);
    events.set(bug, event);
  }
  return [...events.values()].sort((a, b) => (a.bug < b.bug ? -1 : 1));
}
