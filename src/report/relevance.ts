import type { Bug, TraceStep } from '../explore/index.ts';

/**
 * Which steps of a witness tell the story: the failing one; what happened to the object or pointer
 * it failed on, and to the cells that held it, and the error that made another task do that; what
 * one task saw of another's doing; the errors that made a task turn back; and of a bug of locks, who
 * takes them. When none does, all do.
 */
export function relevantSteps({ kind, steps, at }: Pick<Bug, 'kind' | 'steps' | 'at'>): boolean[] {
  const locks = locksOf(kind, steps, at);
  const kept = steps.map(() => false);
  const failing = at === null ? null : (steps[at] ?? null);
  const things = failing === null ? null : thingsAround(steps, failing);
  const lastWriter = new Map<string, { task: number; step: number }>();
  const seen = new Map<string, string>();
  const errors = new Errors();
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
      kept[i] = failing === null;
      return;
    }
    if ((step.op === 'lock' || step.op === 'unlock') && locks.has(step.target)) kept[i] = true;
    if (things !== null && !things.has(step.target) && !things.has(ownerOf(step.target))) return;
    const writer = lastWriter.get(step.target);
    const crossing = writer !== undefined && writer.task !== step.task;
    if (step.op === 'read') {
      const key = `${step.task} ${step.target}`;
      if (crossing && seen.get(key) !== step.value) {
        kept[i] = true;
        kept[writer.step] = true;
      }
      seen.set(key, step.value);
    } else if (step.op === 'write' || step.op === 'free') {
      if (crossing) kept[writer.step] = true;
      kept[i] = crossing || things !== null;
      const error = pendingErrors.get(step.task);
      if (kept[i] && error !== undefined && failing !== null && failing.task !== step.task)
        kept[error] = true;
      pendingErrors.delete(step.task);
      lastWriter.set(step.target, { task: step.task, step: i });
      // What a task wrote itself it has seen.
      seen.set(`${step.task} ${step.target}`, step.value);
    }
  });
  if (at !== null) kept[at] = true;
  return kept.includes(true) ? kept : steps.map(({ op }) => op !== 'call');
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

/** Tells where an error comes up from where a caller passes it on, perhaps as another number. */
class Errors {
  /** By task and depth: whether a call made there has returned an error. */
  readonly #returned = new Map<number, boolean[]>();

  call({ task, depth }: TraceStep): void {
    const levels = this.#returned.get(task) ?? [];
    this.#returned.set(task, levels);
    levels.length = Math.min(levels.length, depth + 1);
  }

  comesUp({ task, depth, value }: TraceStep): boolean {
    if (!isError(value)) return false;
    const levels = this.#returned.get(task) ?? [];
    levels[depth] = true;
    return levels[depth + 1] !== true;
  }
}

/** The failing place, the object around it, and the cells that ever held that object. */
function thingsAround(steps: readonly TraceStep[], failing: TraceStep): Set<string> {
  const place = failing.target;
  const pointer = place.includes('->') ? place.slice(0, place.lastIndexOf('->')) : place;
  const things = new Set([place, pointer]);
  const objects = new Set<string>();
  for (const step of steps) {
    if (step.op !== 'write') continue;
    if (step.target === pointer && /^[A-Z]\d*$/.test(step.value)) objects.add(step.value);
    if (step.value === pointer) things.add(step.target);
  }
  for (const object of objects) things.add(object);
  return things;
}

function ownerOf(target: string): string {
  return target.split('->')[0] ?? target;
}

function isError(value: string): boolean {
  return /^-\d+$/.test(value) || value.startsWith('-E');
}
