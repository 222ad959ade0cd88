import type { Bug, TraceStep } from '../../explore/index.ts';
import { Errors } from './errors.ts';
import type { Pair } from './pair.ts';

/**
 * Which steps of a witness tell the story: the failing one and the two that decide; what happened to
 * the objects and pointers that these are about, and to the cells that held them; what one task saw
 * of another's doing; the errors that made a task turn back; and of a bug of locks, who takes them.
 * When none does, all do.
 */
export function relevantSteps(
  { kind, steps, at }: Pick<Bug, 'kind' | 'steps' | 'at'>,
  pair: Pair | null = null,
): boolean[] {
  const locks = locksOf(kind, steps, at);
  const kept = steps.map(() => false);
  const failing = at === null ? null : (steps[at] ?? null);
  const things = failing === null ? new Set<string>() : thingsAround(steps, failing);
  // The cells that decide are of interest themselves, and not all that is done to what they hold.
  for (const i of pair ?? []) things.add(steps[i]?.target ?? '');
  const isThing = (target: string): boolean => things.has(target) || things.has(ownerOf(target));
  const lastWriter = new Map<string, { task: number; step: number }>();
  const seen = new Map<string, string>();
  const errors = new Errors(steps);
  /** By task: the last error that came up, while nothing has been made of it. */
  const pendingErrors = new Map<number, number>();
  steps.forEach((step, i) => {
    if (step.op === 'call') {
      errors.call(step);
      return;
    }
    if (step.op === 'return') {
      if (!errors.comesUp(step)) return;
      pendingErrors.set(step.task, i);
      kept[i] = failing === null && errors.isOfRace(step);
      return;
    }
    errors.access(step);
    if ((step.op === 'lock' || step.op === 'unlock') && locks.has(step.target)) kept[i] = true;
    const thing = isThing(step.target);
    if (failing !== null && !thing) return;
    const writer = lastWriter.get(step.target);
    const crossing = writer !== undefined && writer.task !== step.task;
    if (step.op === 'read') {
      const key = `${step.task} ${step.target}`;
      if (crossing && seen.get(key) !== step.value && (thing || !isUpdate(steps, i))) {
        kept[i] = true;
        kept[writer.step] = true;
      }
      seen.set(key, step.value);
    } else if (step.op === 'write' || step.op === 'free') {
      if (crossing && thing) kept[writer.step] = true;
      kept[i] = thing;
      const error = pendingErrors.get(step.task);
      if (kept[i] && error !== undefined && failing !== null && failing.task !== step.task)
        kept[error] = true;
      pendingErrors.delete(step.task);
      lastWriter.set(step.target, { task: step.task, step: i });
      // What a task wrote itself it has seen.
      seen.set(`${step.task} ${step.target}`, step.value);
    }
  });
  for (const i of [at, stale(steps, at, pair), ...(pair ?? [])]) if (i !== null) kept[i] = true;
  return kept.includes(true) ? kept : steps.map(({ op }) => op !== 'call');
}

/** Where a local variable that is NULL was read, if from a cell that decides: there it is another value by now. */
export function stale(
  steps: readonly TraceStep[],
  at: number | null,
  pair: Pair | null,
): number | null {
  const failing = at === null ? undefined : steps[at];
  if (at === null || failing === undefined || !isLocal(steps, failing)) return null;
  const cells = (pair ?? []).map((i) => steps[i]?.target);
  const found = steps.findLastIndex(
    ({ task, op, target, value }, i) =>
      i < at &&
      task === failing.task &&
      op === 'read' &&
      value === 'NULL' &&
      cells.includes(target),
  );
  return found < 0 ? null : found;
}

/** Whether what a step follows is neither an object nor a place, but a variable of its function. */
function isLocal(steps: readonly TraceStep[], { target }: TraceStep): boolean {
  const parent = parentOf(target);
  return parent !== target && !isObject(parent) && steps.every((step) => step.target !== parent);
}

function parentOf(place: string): string {
  return place.includes('->') ? place.slice(0, place.lastIndexOf('->')) : place;
}

/** Whether a read is the first half of counting up or down, of which nobody but the counter knows. */
function isUpdate(steps: readonly TraceStep[], i: number): boolean {
  const { task, target } = steps[i] as TraceStep;
  const next = steps.find((step, j) => j > i && step.task === task);
  return next?.op === 'write' && next.target === target;
}

/** The locks that a bug of locks is about, as far as the steps tell. */
function locksOf(kind: Bug['kind'], steps: readonly TraceStep[], at: number | null): Set<string> {
  const held = new Set<string>();
  const shared = new Set<string>();
  if (kind !== 'deadlock' && kind !== 'lock-order' && kind !== 'lockdep') return shared;
  const takers = new Map<string, number>();
  for (const { op, target, task } of steps) {
    if (op === 'unlock') held.delete(target);
    if (op !== 'lock') continue;
    held.add(target);
    if ((takers.get(target) ?? task) !== task) shared.add(target);
    takers.set(target, task);
  }
  if (kind === 'deadlock') return held;
  const failing = at === null ? undefined : steps[at];
  return failing === undefined ? shared : shared.add(failing.target);
}

/**
 * The place of a step, the pointer that leads to it, the objects that ever were there, and the cells
 * that ever held such an object. A device, which nothing points to, is in every step: it leads to
 * nothing.
 */
function thingsAround(steps: readonly TraceStep[], { target: place }: TraceStep): Set<string> {
  const things = new Set<string>();
  const parent = parentOf(place);
  const isPlace = isObject(parent) || steps.some(({ target }) => target === parent);
  const pointers = isPlace ? [place, parent] : [place];
  for (const pointer of pointers) {
    things.add(pointer);
    for (const { op, target, value } of steps) {
      if (op !== 'write') continue;
      if (target === pointer && isObject(value)) things.add(value);
      if (value === pointer) things.add(target);
    }
  }
  return things;
}

/** Whether it is the name of an object from the heap. */
function isObject(name: string): boolean {
  return /^[A-Z]\d*$/.test(name);
}

function ownerOf(target: string): string {
  return target.split('->')[0] ?? target;
}
