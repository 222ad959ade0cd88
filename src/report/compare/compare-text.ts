import { escapeText, table } from '../../util/index.ts';
import { counted } from '../explore/explore.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { hanging, words } from '../text/wrap.ts';
import {
  type Comparison,
  causesIn,
  cellHelp,
  cellText,
  completenessText,
  errorsOf,
  isDataRace,
  type LegendEntry,
  legendOf,
  matrixOf,
  whereOf,
} from './compare.ts';

export interface CompareTextOptions extends TextOptions {
  /** The kinds of bugs, the worst first. */
  readonly kinds: readonly string[];
  /** Data races one by one, too. */
  readonly all?: boolean;
}

/** The comparison for a terminal: a matrix, and below it each bug with the cells it is in. */
export function compareText(comparison: Comparison, options: CompareTextOptions): string[] {
  const { style = plain, width = defaultWidth, kinds, all = false } = options;
  const letters = new Map(comparison.scenarios.map((name, i) => [name, letter(i)]));
  const legend = legendOf(comparison, kinds);
  const shown = all ? legend : legend.filter(({ id }) => !isDataRace(id));
  const lines = [
    ...matrixText(comparison, letters, { style, width }),
    ...hanging(cellHelp.split(' '), '', 0, width).map((line) => style('dim', line)),
  ];
  if (shown.length > 0) lines.push('');
  for (const entry of shown) lines.push(...legendText(entry, letters, { style, width }));
  const races = legend.length - shown.length;
  if (races > 0) lines.push('', `${counted(races, 'data race')} (--all lists them)`);
  const causes = causesIn(comparison);
  if (causes.length > 0) lines.push('', `${counted(causes.length, 'cause')}:`);
  for (const { title, where } of causes) {
    lines.push(...hanging(words(title), '  ', 2, width));
    lines.push(...placesText({ where }, letters, { style, width }));
  }
  const errors = errorsOf(comparison);
  if (errors.length > 0)
    lines.push('', ...errors.flatMap((error) => hanging(words(error), '', 2, width)));
  lines.push('', ...hanging(summaryText(comparison, legend).split(' '), '', 2, width));
  return lines;
}

/** `a` to `z`, then `a2` and so on. */
function letter(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(97 + (index % 26)) + (round === 0 ? '' : String(round + 1));
}

/** The matrix, in several parts when the kernels do not fit side by side. */
function matrixText(
  comparison: Comparison,
  letters: ReadonlyMap<string, string>,
  { style, width }: Required<TextOptions>,
): string[] {
  const matrix = matrixOf(comparison);
  const head = table([
    ['', 'scenario'],
    ...matrix.map(({ scenario, driver }) => [
      letters.get(scenario) ?? '',
      driver === null ? scenario : `${scenario} ${driver}`,
    ]),
  ]);
  const headWidth = Math.max(...head.map(({ length }) => length));
  const columns = comparison.kernels.map((kernel, k) =>
    table([[escapeText(kernel)], ...matrix.map(({ cells }) => [cellText(cells[k] ?? null)])]),
  );
  const lines: string[] = [];
  for (const part of partsOf(columns, width - headWidth)) {
    const rows = head.map((text, i) => [text, ...part.map((column) => column[i] ?? '')]);
    const [title = '', ...body] = table(rows);
    lines.push(style('bold', title), ...body, '');
  }
  return lines;
}

/** As many columns side by side as fit. */
function partsOf(columns: readonly string[][], room: number): string[][][] {
  const parts: string[][][] = [];
  let left = 0;
  for (const column of columns) {
    const needed = 2 + Math.max(...column.map(({ length }) => length));
    if (parts.length === 0 || needed > left) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(column);
    left -= needed;
  }
  return parts;
}

/** A bug, and below it kernels with the letters of the scenarios that show it. */
function legendText(
  entry: LegendEntry,
  letters: ReadonlyMap<string, string>,
  { style, width }: Required<TextOptions>,
): string[] {
  return [
    `${String(entry.number).padStart(4)}  ${escapeText(entry.id)}`,
    ...placesText(entry, letters, { style, width }),
  ];
}

/** Kernels with the letters of the scenarios that show something. */
function placesText(
  entry: Pick<LegendEntry, 'where'>,
  letters: ReadonlyMap<string, string>,
  { style, width }: Required<TextOptions>,
): string[] {
  const places = whereOf(entry, ({ scenario }) => letters.get(scenario) ?? '');
  const lines: string[] = [];
  let line = '';
  for (const { kernel, names } of places) {
    const place = `${escapeText(kernel)} ${names.join('')}`;
    if (line !== '' && 8 + line.length + 3 + place.length > width) {
      lines.push(style('dim', `        ${line}`));
      line = '';
    }
    line += (line === '' ? '' : '   ') + place;
  }
  return [...lines, style('dim', `        ${line}`)];
}

function summaryText(comparison: Comparison, legend: readonly LegendEntry[]): string {
  const cells = counted(comparison.rows.length, 'cell');
  const bugs = counted(legend.filter(({ id }) => !isDataRace(id)).length, 'distinct bug');
  return `${cells}: ${bugs}, ${completenessText(comparison)}`;
}
