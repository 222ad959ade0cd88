import { columnsOf, escapeText } from '../../util/index.ts';
import type { Edge } from '../lanes/edges.ts';
import type { Row } from '../lanes/rows.ts';

// Where the parts of a drawn witness are: across in columns of text, down in pixels.

/** The height of a row in pixels; the style sheet says the same. */
export const rowHeight = 22;

/** How far below the middle of a row arrows leave, and above it arrive, in pixels. */
const aside = 3;

/** Columns of text between two lanes, where the arrows run. */
const gutter = 8;

/** Where a lane begins, how wide its names and the whole of it are, in columns of text. */
export interface Lane {
  readonly task: number;
  readonly left: number;
  readonly names: number;
  readonly width: number;
}

/** The lanes side by side, the first `margin` columns from the left. */
export function lanesOf(tasks: readonly string[], rows: readonly Row[], margin: number): Lane[] {
  let left = margin;
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

export function accessOf({ access, skipped }: Row): string {
  return skipped > 0 ? `… ${skipped} steps left out` : access;
}

/** An arrow from step to step: the points that it goes through. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** An arrow for each edge whose ends are shown. */
export function arrowsOf(
  edges: readonly Edge[],
  lanes: readonly Lane[],
  rows: readonly Row[],
): Arrow[] {
  return edges.flatMap((edge) => arrow(edge, lanes, rows) ?? []);
}

/**
 * An arrow leaves its row sideways, where there is no other text, crosses to the later row in the
 * gutter beside the lane of that row, and goes on sideways to its text.
 */
function arrow({ from, to }: Edge, lanes: readonly Lane[], rows: readonly Row[]): Arrow | null {
  const [a, b] = [from, to].map((step) => rows.findIndex((row) => row.step === step));
  const first = rows[a ?? -1];
  const second = rows[b ?? -1];
  if (first === undefined || second === undefined) return null;
  const source = lanes.find(({ task }) => task === first.task);
  const goal = lanes.find(({ task }) => task === second.task);
  if (source === undefined || goal === undefined) return null;
  const y1 = ((a ?? 0) + 0.5) * rowHeight + aside;
  const y2 = ((b ?? 0) + 0.5) * rowHeight - aside;
  const right = goal.left > source.left;
  const out = right ? textEnd(first, source) + 0.5 : textStart(first, source) - 0.5;
  const turn = right ? goal.left - gutter + 1.5 : goal.left + goal.width + gutter - 1.5;
  const land = right ? goal.left - 1.5 : goal.left + goal.width + 1.5;
  const end = right ? textStart(second, goal) - 0.5 : textEnd(second, goal) + 0.5;
  const points = [
    [out, y1],
    [turn, y1],
    [land, y2],
    [end, y2],
  ] as const;
  return { from, to, points };
}

function textStart({ name, depth }: Row, { left, names }: Lane): number {
  return left + (name === '' ? names + 2 : depth);
}

function textEnd(row: Row, { left, names }: Lane): number {
  return left + names + 2 + columnsOf(accessOf(row));
}
