import { columnsOf, escapeText } from '../../util/index.ts';
import type { Edge } from '../lanes/edges.ts';
import type { Row } from '../lanes/rows.ts';
import { html } from './html-text.ts';

/** The height of a row in pixels; the style sheet says the same. */
export const rowHeight = 22;

/** How far below the middle of a row arrows leave, and above it arrive, in pixels. */
const aside = 3;

/** Columns of text between two lanes, where the arrows run. */
const gutter = 8;

export interface TimelineOptions {
  /** What the timeline shows, for those who cannot see it. */
  readonly label: string;
  readonly tasks: readonly string[];
  readonly rows: readonly Row[];
  readonly edges: readonly Edge[];
  /** For each step its number in the timeline of all steps. */
  readonly numbers: ReadonlyMap<number, number>;
  /** In the timeline of all steps, which links to numbers lead to: the steps that matter. */
  readonly matter: readonly boolean[] | null;
}

/** Where a lane begins, how wide its names and the whole of it are, in columns of text. */
interface Lane {
  readonly task: number;
  readonly left: number;
  readonly names: number;
  readonly width: number;
}

/** One column per task, one row per step, and an arrow for each edge. */
export function timeline(options: TimelineOptions): string {
  const { label, tasks, rows, edges, numbers } = options;
  const lanes = lanesOf(tasks, rows, numbers);
  const width = lanes.reduce((most, { left, width }) => Math.max(most, left + width), 0) + 1;
  const heads = lanes.map(
    ({ task, left }, lane) =>
      `<span role="columnheader" aria-colindex="${task + 2}" class="head" style="--lane:${lane};left:${left}ch">${html(tasks[task] ?? '')}</span>`,
  );
  return [
    `<div class="timeline" role="table" aria-label="${html(label)}" aria-colcount="${tasks.length + 1}" style="width:${width}ch">`,
    `<div class="heads" role="row">${heads.join('')}</div>`,
    `<div class="rows" role="rowgroup" style="height:${rows.length * rowHeight}px">`,
    drawing(lanes, rows, edges, width),
    ...rows.map((row) => rowHtml(row, lanes, options)),
    '</div>',
    '</div>',
  ].join('\n');
}

function lanesOf(
  tasks: readonly string[],
  rows: readonly Row[],
  numbers: ReadonlyMap<number, number>,
): Lane[] {
  let left = String(numbers.size).length + 4;
  return tasks.flatMap((name, task) => {
    const own = rows.filter((row) => row.task === task);
    if (own.length === 0) return [];
    const names = Math.max(...own.map((row) => (row.name === '' ? 0 : nameEnd(row))));
    const widest = Math.max(...own.map((row) => columnsOf(accessOf(row))));
    const lane = {
      task,
      left,
      names,
      width: Math.max(columnsOf(escapeText(name)), names + 2 + widest),
    };
    left += lane.width + gutter;
    return [lane];
  });
}

function nameEnd({ name, depth }: Row): number {
  return depth + columnsOf(name);
}

function accessOf({ access, skipped }: Row): string {
  return skipped > 0 ? `… ${skipped} steps left out` : access;
}

function rowHtml(row: Row, lanes: readonly Lane[], options: TimelineOptions): string {
  const { numbers, matter, edges } = options;
  const nth = lanes.findIndex(({ task }) => task === row.task);
  const lane = lanes[nth];
  const number = row.step === null ? null : (numbers.get(row.step) ?? null);
  const before = edges
    .filter(({ to }) => to === row.step)
    .map(({ from }) => numbers.get(from) ?? null);
  const after =
    before.length === 0 ? '' : `<span class="unseen"> (after ${before.join(', ')})</span>`;
  const access = html(accessOf(row));
  const matters = row.step !== null && matter?.[row.step] === true;
  const kind = [
    'row',
    row.failing ? 'failing' : row.decides ? 'decides' : '',
    matters && !row.failing ? 'matters' : '',
  ]
    .filter((name) => name !== '')
    .join(' ');
  const name =
    row.name === ''
      ? ''
      : `<span class="name" style="left:${row.depth}ch">${html(row.name)}</span>`;
  return [
    `<div role="row" class="${kind}"${matter !== null && number !== null ? ` id="s${number}"` : ''}${row.step === null ? '' : ` data-step="${row.step}"`}>`,
    `<span role="rowheader" class="number">${number === null ? '' : `<a href="#s${number}">${number}</a>`}</span>`,
    `<span role="cell" aria-colindex="${row.task + 2}" class="cell" style="--lane:${nth};left:${lane?.left ?? 0}ch">`,
    name,
    access === ''
      ? ''
      : `<span class="${row.skipped > 0 ? 'gap' : 'access'}" style="left:${(lane?.names ?? 0) + 2}ch">${access}</span>`,
    after,
    '</span></div>',
  ].join('');
}

/** The lanes and the arrows, behind the text. Lengths are in columns, so that any font will do. */
function drawing(
  lanes: readonly Lane[],
  rows: readonly Row[],
  edges: readonly Edge[],
  width: number,
): string {
  const height = rows.length * rowHeight;
  const bands = lanes.map(
    ({ left, width }) =>
      `<rect class="lane" x="${left - 1}ch" y="0" width="${width + 2}ch" height="${height}" rx="6"/>`,
  );
  const arrows = edges.map((edge) => arrow(edge, lanes, rows));
  return `<svg class="drawing" aria-hidden="true" width="${width}ch" height="${height}">${bands.join('')}${arrows.join('')}</svg>`;
}

/**
 * An arrow leaves its row sideways, where there is no other text, crosses to the later row in the
 * gutter beside the lane of that row, and goes on sideways to its text.
 */
function arrow({ from, to }: Edge, lanes: readonly Lane[], rows: readonly Row[]): string {
  const [a, b] = [from, to].map((step) => rows.findIndex((row) => row.step === step));
  const first = rows[a ?? -1];
  const second = rows[b ?? -1];
  if (first === undefined || second === undefined) return '';
  const source = lanes.find(({ task }) => task === first.task);
  const goal = lanes.find(({ task }) => task === second.task);
  if (source === undefined || goal === undefined) return '';
  const y1 = ((a ?? 0) + 0.5) * rowHeight + aside;
  const y2 = ((b ?? 0) + 0.5) * rowHeight - aside;
  const right = goal.left > source.left;
  const out = right ? textEnd(first, source) + 0.5 : textStart(first, source) - 0.5;
  const turn = right ? goal.left - gutter + 1.5 : goal.left + goal.width + gutter - 1.5;
  const land = right ? goal.left - 1.5 : goal.left + goal.width + 1.5;
  const end = right ? textStart(second, goal) - 0.5 : textEnd(second, goal) + 0.5;
  const line = (x1: number, ya: number, x2: number, yb: number, more = ''): string =>
    `<line x1="${x1}ch" y1="${ya}" x2="${x2}ch" y2="${yb}"${more}/>`;
  return [
    `<g class="edge" data-from="${from}" data-to="${to}">`,
    line(out, y1, turn, y1),
    line(turn, y1, land, y2),
    line(land, y2, end, y2, ' marker-end="url(#head)"'),
    '</g>',
  ].join('');
}

function textStart({ name, depth }: Row, { left, names }: Lane): number {
  return left + (name === '' ? names + 2 : depth);
}

function textEnd(row: Row, { left, names }: Lane): number {
  return left + names + 2 + columnsOf(accessOf(row));
}
