import type { Bug, TraceStep } from '../../explore/index.ts';
import { clip, escapeText } from '../../util/index.ts';
import type { Pair } from './pair.ts';
import { relevantSteps } from './relevance.ts';

export interface RowOptions {
  /** Every step instead of those that matter. */
  readonly full?: boolean;
  /** Which steps are shown, instead of those that matter. */
  readonly shown?: readonly boolean[];
  /** The steps that decide; they are always shown, and marked. */
  readonly pair?: Pair | null;
  /** Whether functions are shown as calls: `really_probe()`. */
  readonly calls?: boolean;
  /** What to call a value; shows error numbers by their names, for example. */
  readonly value?: (step: TraceStep) => string;
  /** Places with their folders: `drivers/iommu/iommu.c:344`. */
  readonly paths?: boolean;
  /** What the source says in a place; null where nobody knows. */
  readonly lineOf?: (place: string) => string | null;
}

/** One line of one column, before columns are laid out. Its texts are safe for a terminal. */
export interface Row {
  readonly task: number;
  /** The function, `''` when it is that of the row above, and how deep it is called. */
  readonly name: string;
  readonly depth: number;
  readonly access: string;
  readonly failing: boolean;
  /** Whether it is one of the two that decide. */
  readonly decides: boolean;
  /** The step it shows; null for a function on the way to one, and for steps left out. */
  readonly step: number | null;
  /** How many steps were left out in this place. */
  readonly skipped: number;
}

/** What the failing row says, by kind of bug. */
const marks: Readonly<Partial<Record<Bug['kind'], string>>> = {
  'null-deref': '*** NULL pointer dereference',
  'use-after-free': '*** use after free',
  'double-free': '*** freed twice',
  'out-of-bounds': '*** outside of every object',
  uninitialised: '*** was never written',
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

/** The steps of a witness that are to be shown, below rows for the functions around them. */
export function rowsOf(
  bug: Pick<Bug, 'kind' | 'steps' | 'at'>,
  options: RowOptions = {},
): readonly Row[] {
  const { steps } = bug;
  const stacks = stacksOf(steps);
  const kept = options.full
    ? steps.map(({ op }) => op !== 'call')
    : (options.shown ?? relevantSteps(bug, options.pair));
  const roots = options.full ? new Map<number, number>() : shownFrom(steps, stacks, kept);
  const rows: Row[] = [];
  /** The functions that the last row of each task stands below. */
  const shown = new Map<number, readonly string[]>();
  let skipped = 0;
  steps.forEach((step, i) => {
    const { task } = step;
    if (step.op === 'call') return;
    if (!kept[i]) {
      skipped++;
      return;
    }
    const last = rows.at(-1);
    if (skipped >= longGap && last?.task === task) {
      rows.push({ ...nothing, task, name: '', depth: 0, access: '...', skipped });
    }
    skipped = 0;
    const path = (stacks[i] ?? []).slice(roots.get(task) ?? 0);
    const before = shown.get(task) ?? [];
    shown.set(task, path);
    let common = 0;
    while (common < path.length && path[common] === before[common]) common++;
    const own = path.length - 1;
    const goesOn = rows.at(-1)?.task === task;
    for (let depth = common; depth < own; depth++)
      rows.push({ ...nothing, task, name: calledText(path[depth] ?? '', options), depth });
    const same = goesOn && common >= path.length && before.length === path.length;
    rows.push({
      task,
      name: same ? '' : calledText(path[own] ?? '', options),
      depth: Math.max(0, own),
      access: stepText(bug, i, options),
      failing: i === bug.at,
      decides: markOfPair(i, options) !== '',
      step: i,
      skipped: 0,
    });
  });
  return rows;
}

const nothing = { access: '', failing: false, decides: false, step: null, skipped: 0 } as const;

/** For each step, the named functions its task is in, outermost first. */
export function stacksOf(steps: readonly TraceStep[]): readonly (readonly string[])[] {
  const stacks = new Map<number, readonly string[]>();
  return steps.map(({ task, op, depth, function: name }) => {
    let stack = stacks.get(task) ?? [];
    if (op === 'call') stack = [...stack.slice(0, depth), name];
    stacks.set(task, op === 'return' ? stack.slice(0, depth) : stack);
    return stack;
  });
}

/** The depth at which each task's kept steps part ways: what lies above is the same for all. */
function shownFrom(
  steps: readonly TraceStep[],
  stacks: readonly (readonly string[])[],
  kept: readonly boolean[],
): Map<number, number> {
  const common = new Map<number, readonly string[]>();
  steps.forEach(({ task, op }, i) => {
    if (op === 'call' || !kept[i]) return;
    const stack = stacks[i] ?? [];
    const known = common.get(task) ?? stack;
    let length = 0;
    while (length < known.length && known[length] === stack[length]) length++;
    common.set(task, known.slice(0, length));
  });
  return new Map([...common].map(([task, path]) => [task, Math.max(0, path.length - 1)]));
}

function calledText(name: string, { calls = false }: RowOptions): string {
  return escapeText(calls && /^\w+$/.test(name) ? `${name}()` : name);
}

/** What step `i` does, in words, with a mark when that is where it goes wrong. */
export function stepText(
  { kind, steps, at }: Pick<Bug, 'kind' | 'steps' | 'at'>,
  i: number,
  options: RowOptions = {},
): string {
  const step = steps[i];
  if (step === undefined) return '';
  const value = textOf(step, options);
  const target = escapeText(step.target);
  const text = markOfPair(i, options) + phrase(step.op, target, value) + placeText(step, options);
  return i === at ? `${text}   ${markOf(kind)}${lineText(step, options)}` : text;
}

/** Where in its source a step is: the file, with its folders where they are asked for, and the line. */
function placeText({ place }: TraceStep, { paths = false }: RowOptions): string {
  if (place === undefined) return '';
  return `   ${escapeText(paths ? place : withoutFolders(place))}`;
}

/** `iommu.c:344` */
export function withoutFolders(place: string): string {
  return place.replace(/^.*\//, '');
}

/** The longest line of source that is shown whole. */
const longestLine = 120;

/** What the source says there. */
function lineText({ place }: TraceStep, { lineOf }: RowOptions): string {
  const line = place === undefined ? null : (lineOf?.(place) ?? null);
  const text = escapeText((line ?? '').trim().replaceAll(/\s+/g, ' '));
  return text === '' ? '' : `: ${clip(text, longestLine)}`;
}

/** What stands before a step that decides: which of the two it is. */
function markOfPair(i: number, { pair }: RowOptions): string {
  if (pair === undefined || pair === null) return '';
  return pair.flatMap((step, nth) => (step === i ? [`[${nth + 1}] `] : [])).join('');
}

/** The value of a step, safe for a terminal. */
export function textOf(step: TraceStep, { value }: Pick<RowOptions, 'value'> = {}): string {
  return escapeText(value?.(step) ?? step.value);
}

/** What the failing row says. */
export function markOf(kind: Bug['kind']): string {
  return marks[kind] ?? '***';
}

function phrase(op: TraceStep['op'], target: string, value: string): string {
  switch (op) {
    case 'read':
      return value === '' ? target : `${target} is ${value}`;
    case 'write':
      return value === '' ? target : `${target} = ${value}`;
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
