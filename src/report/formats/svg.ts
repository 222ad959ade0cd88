import type { Bug } from '../../explore/index.ts';
import { columnsOf, escapeText } from '../../util/index.ts';
import { bugTitle, counted } from '../explore/explore.ts';
import { edgesOf } from '../lanes/edges.ts';
import { lanes as laneLines } from '../lanes/lanes.ts';
import { withPair } from '../lanes/pair.ts';
import { type Row, rowsOf } from '../lanes/rows.ts';
import { replayOf } from '../text/command.ts';
import { wrap } from '../text/wrap.ts';
import { html } from './html-text.ts';
import type { DiagramOptions } from './mermaid.ts';
import { accessOf, arrowsOf, type Lane, lanesOf, rowHeight } from './timeline-layout.ts';

/** The width of a column of text, in pixels: text is fitted to it, whatever the font. */
const column = 8;

/** Around everything, in pixels. */
const margin = 24;

/** The least width that sentences have, in columns. */
const narrowest = 72;

const style = `
svg { color-scheme: light dark; }
.paper { fill: #ffffff; } text { fill: #1c2024; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; unicode-bidi: bidi-override; direction: ltr; }
.faint { fill: #626a73; } .strong { font-weight: 600; } .lane { fill: #f3f5f7; }
.edge { fill: none; stroke: #8a94a0; stroke-width: 1.3; } #head path { fill: #8a94a0; }
.failing rect { fill: #fbe2df; } .failing .bar { fill: #b3261e; } .failing text { fill: #b3261e; font-weight: 600; }
.decides rect { fill: #fbefcc; } .decides .bar { fill: #9a6700; } .decides text { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #14171a; } text { fill: #e4e7ea; } .faint { fill: #9aa3ad; } .lane { fill: #1d2125; }
  .edge { stroke: #6c7783; } #head path { fill: #6c7783; }
  .failing rect { fill: #44211f; } .failing .bar { fill: #ff8a80; } .failing text { fill: #ff8a80; }
  .decides rect { fill: #3d3517; } .decides .bar { fill: #f0c14b; }
}
`;

/**
 * A witness as a picture that stands alone: the lanes, the arrows between them, why it happens and how
 * to run it again. Text stays text; there are no scripts, and nothing is asked for from elsewhere.
 */
export function bugSvg(whole: Bug, { title, token, why = null, ...rest }: DiagramOptions): string {
  const { bug, pair } = withPair(whole, why);
  const options = { ...rest, pair };
  const { tasks, steps, at, message } = bug;
  const rows = rowsOf(bug, options);
  const digits = String(rows.length).length;
  const lanes = lanesOf(tasks, rows, digits + 3);
  const across = lanes.reduce((most, { left, width }) => Math.max(most, left + width), 0) + 1;
  const columns = Math.max(narrowest, across);
  const page = new Page(columns);
  page.text(escapeText(`${title}, ${counted(bug.preemptions, 'preemption')}`), 'faint');
  page.text(bugTitle(bug), 'strong');
  page.skip();
  if (rows.length > 0) {
    const shown = steps.map((_, i) => rows.some(({ step }) => step === i));
    const arrows = arrowsOf(edgesOf(steps, tasks, shown), lanes, rows);
    page.draw([
      ...lanes.map(({ task, left }) => textAt(left, 0, escapeText(tasks[task] ?? ''), 'strong')),
    ]);
    page.draw(
      [
        ...lanes.map(
          ({ left, width }) =>
            `<rect class="lane" x="${(left - 1) * column}" y="0" width="${(width + 2) * column}" height="${rows.length * rowHeight}" rx="6"/>`,
        ),
        ...rows.map((row, i) => rowSvg(row, i, lanes, digits, columns)),
        ...arrows.map(
          ({ points }) =>
            `<polyline class="edge" points="${points.map(([x, y]) => `${x * column},${y}`).join(' ')}" marker-end="url(#head)"/>`,
        ),
      ],
      rows.length,
    );
    page.skip();
  }
  if (at === null && steps.length > 0) page.text(escapeText(`At the end: ${message}`), 'strong');
  if (why !== null) page.text(escapeText(why.text), '');
  if (token !== null) {
    page.skip();
    page.text(replayOf(token, rest), 'faint');
  }
  const told = [
    ...laneLines(bug, { ...options, width: columns }),
    ...(why === null ? [] : [why.text]),
  ];
  return page.document(`${bugTitle(bug)} - ${title}`, told);
}

/** Lines of text and drawings, from top to bottom. */
class Page {
  readonly #columns: number;
  readonly #parts: string[] = [];
  #y = margin;

  constructor(columns: number) {
    this.#columns = columns;
  }

  skip(): void {
    this.#y += rowHeight / 2;
  }

  /** Words in as many lines as they take. */
  text(words: string, kind: string): void {
    const lines = wrap(words.split(' '), '', this.#columns).flatMap((line) =>
      piecesOf(line, this.#columns),
    );
    for (const line of lines) this.draw([textAt(0, 0, line, kind)]);
  }

  /** Elements that are so many rows high. */
  draw(elements: readonly string[], rows = 1): void {
    if (elements.length > 0)
      this.#parts.push(`<g transform="translate(${margin} ${this.#y})">`, ...elements, '</g>');
    this.#y += rows * rowHeight;
  }

  document(title: string, description: readonly string[]): string {
    const width = this.#columns * column + 2 * margin;
    const height = this.#y + margin;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title told">`,
      `<title id="title">${text(title)}</title>`,
      `<desc id="told">${description.map(text).join('\n')}</desc>`,
      `<style>${style}</style>`,
      '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 8 4 0 7.5z"/></marker></defs>',
      `<rect class="paper" width="${width}" height="${height}"/>`,
      ...this.#parts,
      '</svg>',
    ].join('\n');
  }
}

function rowSvg(
  row: Row,
  i: number,
  lanes: readonly Lane[],
  digits: number,
  columns: number,
): string {
  const lane = lanes.find(({ task }) => task === row.task);
  const left = lane?.left ?? 0;
  const kind = row.failing ? 'failing' : row.decides ? 'decides' : '';
  const y = i * rowHeight;
  const band =
    kind === ''
      ? ''
      : `<rect x="0" y="${y}" width="${columns * column}" height="${rowHeight}"/><rect class="bar" x="0" y="${y}" width="4" height="${rowHeight}"/>`;
  return [
    `<g${kind === '' ? '' : ` class="${kind}"`}>`,
    band,
    textAt(1, y, String(i + 1).padStart(digits), 'faint'),
    row.name === '' ? '' : textAt(left + row.depth, y, row.name, 'faint'),
    accessOf(row) === '' ? '' : textAt(left + (lane?.names ?? 0) + 2, y, accessOf(row), ''),
    '</g>',
  ].join('');
}

/** One line of text in a row, as wide as its columns in any font. */
function textAt(left: number, y: number, line: string, kind: string): string {
  const indent = line.length - line.trimStart().length;
  const shown = line.trim();
  if (shown === '') return '';
  const width = columnsOf(shown) * column;
  const at = (left + indent) * column;
  return `<text${kind === '' ? '' : ` class="${kind}"`} x="${at}" y="${y + 15}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${text(shown)}</text>`;
}

/** A line in pieces that fit: a word can be longer than the page. */
function piecesOf(line: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const char of line) {
    if (columnsOf(piece) + columnsOf(char) > columns) {
      pieces.push(piece);
      piece = '';
    }
    piece += char;
  }
  return [...pieces, piece];
}

/** Text from anywhere. What is no character of XML is written by its number. */
function text(line: string): string {
  return html(line.replace(/[\ufffe\uffff]/g, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`));
}
