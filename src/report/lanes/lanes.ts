import { clip, columnsOf, escapeText, fill } from '../../util/index.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { hanging } from '../text/wrap.ts';
import type { Witness } from './pair.ts';
import { type Row, type RowOptions, rowsOf, withoutFolders } from './rows.ts';

export interface LaneOptions extends RowOptions, TextOptions {
  /** Numbers of the rows on the left; there unless they are not wanted. */
  readonly numbers?: boolean;
}

/** A row in its column: one line, or several where it does not fit in one. */
type Cell = readonly string[];

/** Columns of text between two lanes. */
const gap = 3;
/** Columns below which a lane says nothing any more: then it is wider than the page. */
const narrowest = 14;

/**
 * An execution as one column per task, one row per step, top to bottom in the order in which it
 * happens. Function names are indented by how deep they are called. Where the page is too narrow for
 * names beside accesses, accesses stand below them.
 */
export function lanes(bug: Witness, options: LaneOptions = {}): string[] {
  const { style = plain, width = defaultWidth, numbers = true } = options;
  const rows = rowsOf(bug, options);
  const tasks = [...new Set(rows.map(({ task }) => task))].sort((a, b) => a - b);
  const digits = numbers ? String(rows.length).length + 3 : 0;
  const margin = numbers ? digits + 2 : 0;
  const columns = tasks.map((task) => sideBySide(rows, task, bug));
  const widths = columns.map(({ width }) => width);
  const room = width - margin - gap * (tasks.length - 1);
  if (sum(widths) > room) {
    // The widest give way first, until all fit.
    const shares = sharesOf(widths, room);
    for (const [i, task] of tasks.entries()) {
      const share = shares[i] ?? 0;
      if (share < (widths[i] ?? 0)) columns[i] = stacked(rows, task, bug, share, options);
      widths[i] = share;
    }
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => fill(cell, (widths[i] ?? 0) + gap))
      .join('')
      .trimEnd();
  const heads = columns.map(({ head }) => head);
  const lines = Array.from({ length: Math.max(0, ...heads.map(({ length }) => length)) }, (_, n) =>
    style('bold', ' '.repeat(margin) + line(heads.map((head) => head[n] ?? ''))),
  );
  rows.forEach((row, i) => {
    const column = tasks.indexOf(row.task);
    const cell = columns[column]?.cells.get(row) ?? [];
    cell.forEach((text, nth) => {
      const number =
        nth > 0 || !numbers ? ' '.repeat(margin) : `${String(i + 1).padStart(digits)}  `;
      const whole = number + line(tasks.map((_, other) => (other === column ? text : '')));
      const emphasis = row.failing ? 'red' : row.decides ? 'yellow' : null;
      lines.push(emphasis === null ? whole : style(emphasis, whole));
    });
  });
  return lines;
}

interface Column {
  readonly head: readonly string[];
  readonly cells: ReadonlyMap<Row, Cell>;
  readonly width: number;
}

/** A lane as wide as it likes: names, and accesses beside them. */
function sideBySide(rows: readonly Row[], task: number, { tasks }: Witness): Column {
  const own = rows.filter((row) => row.task === task);
  const head = escapeText(tasks[task] ?? '');
  const names = Math.max(...own.map((row) => columnsOf(indented(row)))) + 2;
  const text = (row: Row): string => `${fill(indented(row), names)}${row.access}`.trimEnd();
  const cells = new Map(own.map((row) => [row, [text(row)]]));
  const width = Math.max(columnsOf(head), ...own.map((row) => columnsOf(text(row))));
  return { head: [head], cells, width };
}

/** A lane that is no wider than `width`: accesses below the names of functions. */
function stacked(
  rows: readonly Row[],
  task: number,
  { tasks }: Witness,
  width: number,
  { full = false }: LaneOptions,
): Column {
  const own = rows.filter((row) => row.task === task);
  const title = escapeText(tasks[task] ?? '');
  const head = columnsOf(title) <= width ? [title] : hanging(title.split(/ +/), '', 2, width);
  const deepest = Math.max(0, ...own.map(({ depth }) => depth));
  // Indentation takes a third of the lane at most: what lies deeper is indented alike.
  const most = Math.min(deepest, Math.floor(width / 3));
  const lines = (row: Row): Cell => {
    const spare = Math.max(0, width - columnsOf(row.name));
    const indent = ' '.repeat(Math.min(row.depth, most, spare));
    const beside =
      row.name === '' ? `${indent}  ${row.access}` : `${indent}${row.name}  ${row.access}`;
    if (columnsOf(beside.trimEnd()) <= width) return [beside.trimEnd()];
    const name = row.name === '' ? [] : [indent + row.name];
    // A remark on an access goes below it as a whole; a mark stays with what it marks.
    const parts = row.access
      .split(/ {2,}/)
      .map((part) => (columnsOf(part) > width ? shortPlace(part) : part))
      .map((part) => part.split(/(?<!\[\d\]) /));
    const longest = Math.max(...parts.flat().map(columnsOf));
    const margin = ' '.repeat(Math.min(indent.length + 2, Math.max(0, width - longest - 2)));
    const access =
      row.access === '' ? [] : parts.flatMap((part) => hanging(part, margin, 2, width));
    return [...name, ...access].map((text) => (full ? text : clip(text, width)));
  };
  return {
    head: head.map((text) => clip(text, width)),
    cells: new Map(own.map((row) => [row, lines(row)])),
    width,
  };
}

/** A place in the source without its folders; anything else is left as it is. */
function shortPlace(text: string): string {
  return /^\S+\/\S+:\d+$/.test(text) ? withoutFolders(text) : text;
}

/** What each column gets of the room: what it likes, or else an equal share of what is left. */
function sharesOf(widths: readonly number[], room: number): number[] {
  const shares = widths.map(() => 0);
  let left = room;
  const order = widths.map((_, i) => i).sort((a, b) => (widths[a] ?? 0) - (widths[b] ?? 0));
  order.forEach((i, nth) => {
    const share = Math.min(
      widths[i] ?? 0,
      Math.max(narrowest, Math.floor(left / (order.length - nth))),
    );
    shares[i] = share;
    left -= share;
  });
  return shares;
}

function indented({ name, depth }: Row): string {
  return name === '' ? '' : ' '.repeat(depth) + name;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
