import type { Bug, TraceStep } from '../explore/index.ts';
import { escapeText } from '../util/index.ts';
import { relevantSteps } from './relevance.ts';
import { plain, type Style } from './style.ts';

export interface LaneOptions {
  /** Every step instead of those that matter. */
  readonly full?: boolean;
  readonly style?: Style;
  /** What to call a value; shows error numbers by their names, for example. */
  readonly value?: (step: TraceStep) => string;
}

/** What the failing row says, by kind of bug. */
const marks: Readonly<Partial<Record<Bug['kind'], string>>> = {
  'null-deref': '*** NULL pointer dereference',
  'use-after-free': '*** use after free',
  'double-free': '*** freed twice',
  'data-race': '*** data race',
  deadlock: '*** waits for ever',
  refcount: '*** no references left',
  warn: '*** WARNING',
  lockdep: '*** lockdep',
  'lock-order': '*** wrong order',
  property: '*** wrong from here',
};

/** How many steps of a task may be left out without saying so. */
const longGap = 6;

/** One line of one column, before columns are laid out. */
interface Row {
  readonly task: number;
  readonly name: string;
  readonly access: string;
  readonly failing: boolean;
}

/**
 * An execution as one column per task, one row per step, top to bottom in the order in which it
 * happens. Function names are indented by how deep they are called.
 */
export function lanes(
  bug: Pick<Bug, 'kind' | 'tasks' | 'steps' | 'at' | 'object'>,
  options: LaneOptions = {},
): string[] {
  const style = options.style ?? plain;
  const rows = rowsOf(bug, options);
  const tasks = [...new Set(rows.map(({ task }) => task))].sort((a, b) => a - b);
  const nameWidths = tasks.map((task) => widest(rows, task, ({ name }) => name));
  const widths = tasks.map((task, i) =>
    Math.max(
      (bug.tasks[task] ?? '').length,
      (nameWidths[i] ?? 0) + 2 + widest(rows, task, ({ access }) => access),
    ),
  );
  const columns = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
      .join('')
      .trimEnd();
  const digits = String(rows.length).length + 3;
  const head =
    ' '.repeat(digits + 2) + columns(tasks.map((task) => escapeText(bug.tasks[task] ?? '')));
  const lines = rows.map((row, i) => {
    const column = tasks.indexOf(row.task);
    const text = `${row.name.padEnd((nameWidths[column] ?? 0) + 2)}${row.access}`;
    const cells = tasks.map((_task, other) => (other === column ? text : ''));
    const line = `${String(i + 1).padStart(digits)}  ${columns(cells)}`;
    return row.failing ? style('red', line) : line;
  });
  return [style('bold', head), ...lines];
}

function widest(rows: readonly Row[], task: number, of: (row: Row) => string): number {
  return rows.reduce((most, row) => (row.task === task ? Math.max(most, of(row).length) : most), 0);
}

function rowsOf(bug: Pick<Bug, 'kind' | 'steps' | 'at' | 'object'>, options: LaneOptions): Row[] {
  const { steps } = bug;
  const kept = options.full ? steps.map((step) => step.op !== 'call') : relevantSteps(bug);
  const roots = options.full ? new Map<number, number>() : shownFrom(steps, kept);
  const rows: Row[] = [];
  const stacks = new Map<number, string[]>();
  /** The functions that the last row of each task stands below. */
  const shown = new Map<number, readonly string[]>();
  let skipped = 0;
  steps.forEach((step, i) => {
    const stack = stacks.get(step.task) ?? [];
    stacks.set(step.task, stack);
    if (step.op === 'call') {
      stack.length = Math.min(stack.length, step.depth);
      stack.push(step.function);
      return;
    }
    if (!kept[i]) {
      skipped++;
    } else {
      const last = rows.at(-1);
      if (
        skipped >= longGap &&
        last !== undefined &&
        last.task === step.task &&
        last.access !== '...' &&
        !options.full
      ) {
        rows.push({ task: step.task, name: '', access: '...', failing: false });
      }
      skipped = 0;
      addStep(
        rows,
        step,
        stack,
        roots.get(step.task) ?? 0,
        shown,
        access(step, i === bug.at, bug, options),
        i === bug.at,
      );
    }
    if (step.op === 'return') stack.length = Math.min(stack.length, step.depth);
  });
  return rows;
}

/** A row for the step, below rows for the functions on the way to it that were not shown yet. */
function addStep(
  rows: Row[],
  step: TraceStep,
  stack: readonly string[],
  root: number,
  shown: Map<number, readonly string[]>,
  text: string,
  failing: boolean,
): void {
  const { task } = step;
  const path = stack.slice(root);
  const before = rows.at(-1)?.task === task ? (shown.get(task) ?? []) : [];
  let common = 0;
  while (common < path.length && path[common] === before[common]) common++;
  for (let i = common; i < path.length - 1; i++) {
    rows.push({ task, name: ' '.repeat(i) + path[i], access: '', failing: false });
  }
  const own = path.length - 1;
  const name =
    common >= path.length && before.length === path.length
      ? ''
      : ' '.repeat(Math.max(0, own)) + (path[own] ?? '');
  rows.push({ task, name, access: text, failing });
  shown.set(task, path);
}

/** The depth at which each task's kept steps part ways: what lies above is the same for all. */
function shownFrom(steps: readonly TraceStep[], kept: readonly boolean[]): Map<number, number> {
  const common = new Map<number, readonly string[]>();
  const stacks = new Map<number, string[]>();
  steps.forEach((step, i) => {
    const stack = stacks.get(step.task) ?? [];
    stacks.set(step.task, stack);
    if (step.op === 'call') {
      stack.length = Math.min(stack.length, step.depth);
      stack.push(step.function);
      return;
    }
    if (kept[i]) {
      const known = common.get(step.task);
      let length = 0;
      if (known !== undefined)
        while (length < known.length && known[length] === stack[length]) length++;
      common.set(step.task, known === undefined ? [...stack] : known.slice(0, length));
    }
    if (step.op === 'return') stack.length = Math.min(stack.length, step.depth);
  });
  return new Map([...common].map(([task, path]) => [task, Math.max(0, path.length - 1)]));
}

function access(
  step: TraceStep,
  failing: boolean,
  bug: Pick<Bug, 'kind'>,
  options: LaneOptions,
): string {
  const value = escapeText(options.value?.(step) ?? step.value);
  const target = escapeText(step.target);
  const mark = failing ? (marks[bug.kind] ?? '***') : '';
  const text = verb(step, target, value);
  return mark === '' ? text : `${text}   ${mark}`;
}

function verb({ op }: TraceStep, target: string, value: string): string {
  switch (op) {
    case 'read':
      return value === '' ? target : `${target} is ${value}`;
    case 'write':
      return `${target} = ${value}`;
    case 'alloc':
      return `${value} = new ${target}`;
    case 'free':
      return `free ${target}`;
    case 'return':
      return value === '' ? 'return' : `returns ${value}`;
    case 'lock':
      return `lock ${target}${value === '' ? '' : ` (${value})`}`;
    case 'note':
      return target;
    default:
      return `${op} ${target}`;
  }
}
