import { columnsOf, escapeText, fill } from '../../util/index.ts';
import { defaultWidth } from './style.ts';

/** Columns that are worth wrapping a cell of a table in; a narrower one is not. */
const narrowestCell = 24;

/** The words of a text from outside, safe for a terminal. */
export function words(text: string): string[] {
  return escapeText(text).split(' ');
}

/** Words in lines that begin with `margin`, as many in each as fit. */
export function wrap(
  words: readonly string[],
  margin: string,
  columns: number = defaultWidth,
): string[] {
  return hanging(words, margin, 0, columns);
}

/** Words in lines, those after the first indented by so much more. */
export function hanging(
  words: readonly string[],
  margin: string,
  indent: number,
  columns: number = defaultWidth,
): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) <= columns) line += ` ${word}`;
    else {
      if (line !== '') lines.push(line);
      line = margin + (lines.length === 0 ? '' : ' '.repeat(indent)) + word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Facts side by side, safe for a terminal; those that do not fit go on in the next line. */
export function facts(parts: readonly string[], columns: number = defaultWidth): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const text = escapeText(part);
    if (line !== '' && columnsOf(line) + 3 + columnsOf(text) <= columns) line += `   ${text}`;
    else {
      if (line !== '') lines.push(line);
      line = line === '' && lines.length === 0 ? text : `    ${text}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.flatMap((text) =>
    columnsOf(text) <= columns ? [text] : hanging(text.trimStart().split(' '), '', 4, columns),
  );
}

/** A row of a table: its cells, or those and lines that stand below them. */
type TableRow =
  | readonly string[]
  | { readonly cells: readonly string[]; readonly below: readonly string[] };

/**
 * Columns of text, each as wide as its widest cell. Where a row does not fit, its last cell goes on
 * below itself. When there is no room for that, first cells that are too wide stand on lines of their
 * own; and when that is not enough either, the whole row goes on below itself.
 */
export function tableWithin(
  rows: readonly TableRow[],
  margin: string,
  columns: number = defaultWidth,
): string[] {
  const whole = rows.map((row) => ('cells' in row ? row : { cells: row, below: [] }));
  const all = widthsOf(whole.map(({ cells }) => cells));
  const isRoomy = whole.every(({ cells }) => rowWithin(cells, all, margin, columns) !== null);
  const widths = isRoomy ? all : withFirstWithin(all, whole, columns - columnsOf(margin));
  return whole.flatMap(({ cells, below }) => {
    const [first = '', ...others] = cells;
    const isApart = columnsOf(first) > (widths[0] ?? 0);
    const row = rowWithin(isApart ? ['', ...others] : cells, widths, margin, columns);
    if (row === null) return [...looseRow(cells, widths, margin, columns), ...below];
    return [...(isApart ? looseRow([first], [], margin, columns) : []), ...row, ...below];
  });
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const cells of rows)
    cells.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, columnsOf(cell));
    });
  return widths;
}

/** The same, with a first column of those cells only that leave room for a last one. */
function withFirstWithin(
  widths: readonly number[],
  rows: readonly { readonly cells: readonly string[] }[],
  columns: number,
): number[] {
  const others = widths.slice(1);
  const between = others.slice(0, -1).reduce((sum, width) => sum + width + 2, 2);
  const firsts = rows.map(({ cells }) => columnsOf(cells[0] ?? ''));
  const fitting = firsts.filter((width) => width + between + narrowestCell <= columns);
  return [Math.max(0, ...fitting), ...others];
}

/** A row, its last cell below itself if need be; null where there is no room for that. */
function rowWithin(
  cells: readonly string[],
  widths: readonly number[],
  margin: string,
  columns: number,
): string[] | null {
  const firsts = cells.slice(0, -1).map((cell, i) => fill(cell, (widths[i] ?? 0) + 2));
  const head = margin + firsts.join('');
  const last = cells.at(-1) ?? '';
  if (columnsOf(head) + columnsOf(last) <= columns) return [(head + last).trimEnd()];
  const own = ' '.repeat(columnsOf(head));
  const below = wrap(last.split(' '), own, columns);
  if (columns - own.length >= narrowestCell && below.every((line) => columnsOf(line) <= columns))
    return [head + (below[0] ?? '').slice(own.length), ...below.slice(1)];
  return null;
}

/** A row that goes on below itself: all of it, or what does not fit beside cells that do. */
function looseRow(
  cells: readonly string[],
  widths: readonly number[],
  margin: string,
  columns: number,
): string[] {
  const words = (of: readonly string[]): string[] =>
    of.flatMap((cell) => cell.split(' ')).filter((word) => word !== '');
  const loose = hanging(words(cells), margin, 4, columns);
  const [others, last] = [cells.slice(0, -1), cells.slice(-1)];
  const isApart = columnsOf(cells[0] ?? '') > (widths[0] ?? 0);
  const beside = isApart ? null : rowWithin(others, widths, margin, columns);
  if (loose.length === 1 || beside?.length !== 1) return loose;
  return [...beside, ...wrap(words(last), `${margin}    `, columns)];
}
