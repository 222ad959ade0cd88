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
 * below itself, or, when there is no room for that, the whole row does.
 */
export function tableWithin(
  rows: readonly TableRow[],
  margin: string,
  columns: number = defaultWidth,
): string[] {
  const widths: number[] = [];
  const whole = rows.map((row) => ('cells' in row ? row : { cells: row, below: [] }));
  for (const { cells } of whole)
    cells.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, columnsOf(cell));
    });
  return whole.flatMap(({ cells, below }) => [
    ...rowWithin(cells, widths, margin, columns),
    ...below,
  ]);
}

function rowWithin(
  cells: readonly string[],
  widths: readonly number[],
  margin: string,
  columns: number,
): string[] {
  const firsts = cells.slice(0, -1).map((cell, i) => fill(cell, (widths[i] ?? 0) + 2));
  const head = margin + firsts.join('');
  const last = cells.at(-1) ?? '';
  if (columnsOf(head) + columnsOf(last) <= columns) return [(head + last).trimEnd()];
  const own = ' '.repeat(columnsOf(head));
  const below = wrap(last.split(' '), own, columns);
  if (columns - own.length >= narrowestCell && below.every((line) => columnsOf(line) <= columns))
    return [head + (below[0] ?? '').slice(own.length), ...below.slice(1)];
  const all = cells.flatMap((cell) => cell.split(' ')).filter((word) => word !== '');
  return hanging(all, margin, 4, columns);
}
