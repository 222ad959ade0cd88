import type { Bug } from '../explore/index.ts';
import { escapeText } from '../util/index.ts';
import { type Row, type RowOptions, rowsOf } from './rows.ts';
import { plain, type Style } from './style.ts';

export interface LaneOptions extends RowOptions {
  readonly style?: Style;
}

/**
 * An execution as one column per task, one row per step, top to bottom in the order in which it
 * happens. Function names are indented by how deep they are called.
 */
export function lanes(
  bug: Pick<Bug, 'kind' | 'tasks' | 'steps' | 'at'>,
  options: LaneOptions = {},
): string[] {
  const style = options.style ?? plain;
  const rows = rowsOf(bug, options);
  const tasks = [...new Set(rows.map(({ task }) => task))].sort((a, b) => a - b);
  const heads = tasks.map((task) => escapeText(bug.tasks[task] ?? ''));
  const nameWidths = tasks.map((task) => widest(rows, task, indented));
  const widths = tasks.map((task, i) =>
    Math.max(
      (heads[i] ?? '').length,
      (nameWidths[i] ?? 0) + 2 + widest(rows, task, ({ access }) => access),
    ),
  );
  const columns = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
      .join('')
      .trimEnd();
  const digits = String(rows.length).length + 3;
  const lines = rows.map((row, i) => {
    const column = tasks.indexOf(row.task);
    const text = `${indented(row).padEnd((nameWidths[column] ?? 0) + 2)}${row.access}`;
    const cells = tasks.map((_task, other) => (other === column ? text : ''));
    const line = `${String(i + 1).padStart(digits)}  ${columns(cells)}`;
    return row.failing ? style('red', line) : line;
  });
  return [style('bold', ' '.repeat(digits + 2) + columns(heads)), ...lines];
}

function indented({ name, depth }: Row): string {
  return name === '' ? '' : ' '.repeat(depth) + name;
}

function widest(rows: readonly Row[], task: number, of: (row: Row) => string): number {
  return rows.reduce((most, row) => (row.task === task ? Math.max(most, of(row).length) : most), 0);
}
