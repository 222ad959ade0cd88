import type { Edge } from '../lanes/edges.ts';
import type { Row } from '../lanes/rows.ts';
import { html } from './html-text.ts';
import {
  type Arrow,
  accessOf,
  arrowsOf,
  type Lane,
  lanesOf,
  rowHeight,
} from './timeline-layout.ts';

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

/** One column per task, one row per step, and an arrow for each edge. */
export function timeline(options: TimelineOptions): string {
  const { label, tasks, rows, edges, numbers } = options;
  const lanes = lanesOf(tasks, rows, String(numbers.size).length + 4);
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
  const arrows = arrowsOf(edges, lanes, rows).map(arrowHtml);
  return `<svg class="drawing" aria-hidden="true" width="${width}ch" height="${height}">${bands.join('')}${arrows.join('')}</svg>`;
}

function arrowHtml({ from, to, points }: Arrow): string {
  const lines = points.slice(1).map(([x2, y2], i) => {
    const [x1, y1] = points[i] as Arrow['points'][number];
    const head = i === points.length - 2 ? ' marker-end="url(#head)"' : '';
    return `<line x1="${x1}ch" y1="${y1}" x2="${x2}ch" y2="${y2}"${head}/>`;
  });
  return `<g class="edge" data-from="${from}" data-to="${to}">${lines.join('')}</g>`;
}
