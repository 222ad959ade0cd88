import { type Footprint, kindOf } from '../../program/dependence.ts';
import { effectOf, type Operation } from '../../program/op.ts';
import type { TaskState } from '../../program/task.ts';

/**
 * A stretch of an execution: a task runs until it has made a certain event. The event is known by
 * what it is, not by its number, so that a schedule outlives an edit of the program elsewhere.
 */
export interface Segment {
  /** The task, by its name or as `#` and its number. */
  readonly task: string;
  /** The last event of the stretch: function, operation and object, or their abbreviation. */
  readonly until: string;
  /** Which of the task's events that are called so, counted from 1 over the whole execution. */
  readonly nth: number;
  /** Choices on the way that do not go the first way. */
  readonly choices?: readonly ChoiceMade[];
}

/** One event that could have gone several ways, and the way it went. */
export interface ChoiceMade {
  readonly at: string;
  readonly nth: number;
  readonly way: number;
}

/** A schedule in few characters, for a token: tasks by number, events by {@link abbreviate}. */
export function shorten(schedule: Schedule, tasks: readonly string[]): Schedule {
  return schedule.map(({ task, until, nth, choices }) => ({
    task: `#${tasks.indexOf(task)}`,
    until: abbreviate(until),
    nth,
    ...(choices === undefined
      ? {}
      : { choices: choices.map((made) => ({ ...made, at: abbreviate(made.at) })) }),
  }));
}

/** Five characters that stand for a label. */
export function abbreviate(label: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  return `#${((hash >>> 0) % 36 ** 5).toString(36).padStart(5, '0')}`;
}

/** Whether a label is the one a segment means. */
export function isLabel(label: string, meant: string): boolean {
  return label === meant || (meant.startsWith('#') && abbreviate(label) === meant);
}

export type Schedule = readonly Segment[];

export const verbs = [
  'read',
  'write',
  'lock',
  'unlock',
  'trylock',
  'free',
  'spawn',
  'join',
  'choose',
] as const;

/** What an event with this footprint does, in a word. */
export function verbOf(foot: Footprint): string {
  return verbs[kindOf(foot)];
}

/** What the next event of a task is called in a schedule. */
export function labelOf(task: TaskState): string {
  const operation = task.pending as Operation<unknown>;
  return `${task.functionName()} ${verbs[effectOf(operation)]} ${operation.subject()}`;
}

/** Numbers events that are called alike, task by task. */
export class LabelCounter {
  readonly #counts = new Map<string, number>();

  count(task: string, label: string): number {
    const key = `${task}\n${label}`;
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    return nth;
  }
}

/** Cuts a sequence of events into segments, one for each switch. */
export class ScheduleWriter {
  readonly #segments: { task: string; until: string; nth: number; choices?: ChoiceMade[] }[] = [];
  readonly #counter = new LabelCounter();

  event(task: string, label: string, way = 0): void {
    const nth = this.#counter.count(task, label);
    let last = this.#segments.at(-1);
    if (last?.task === task) {
      last.until = label;
      last.nth = nth;
    } else {
      last = { task, until: label, nth };
      this.#segments.push(last);
    }
    if (way === 0) return;
    last.choices ??= [];
    last.choices.push({ at: label, nth, way });
  }

  schedule(): Schedule {
    return this.#segments.map((segment) => ({ ...segment }));
  }
}
