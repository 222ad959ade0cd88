import { Shared } from '../objects/shared.ts';
import { TaskState } from '../task.ts';

/** How far into nested values it is worth looking. */
const deepest = 3;
/** How many elements of one value. */
const longest = 64;

/**
 * What there is to a value, in words that are the same in two executions that do the same. What is
 * in cells is known by their addresses; of classes that are not ours the name is all that is told.
 */
export function gist(value: unknown, depth = 0): string {
  try {
    return gistOf(value, depth);
  } catch {
    // A proxy or a getter that throws.
    return 'object';
  }
}

function gistOf(value: unknown, depth: number): string {
  if (typeof value === 'function') return 'function';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Shared) return `@${value.address}`;
  if (value instanceof TaskState) return `task ${value.index}`;
  if (depth === deepest) return '...';
  if (Array.isArray(value)) return `[${list(value, depth)}]`;
  if (value instanceof Set) return `{${list([...value], depth)}}`;
  if (value instanceof Map) return `{${list([...value], depth)}}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return value.constructor?.name ?? 'object';
  return `{${list(Object.entries(value), depth)}}`;
}

function list(values: readonly unknown[], depth: number): string {
  const shown = values.slice(0, longest).map((value) => gist(value, depth + 1));
  return `${values.length}: ${shown.join()}`;
}

/**
 * Whether two values have one gist.
 *
 * @param changed whether what is in them may have been changed since: it is not looked at then
 */
export function alike(a: unknown, b: unknown, changed = false): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== typeof b || a === null || b === null) return false;
  if (typeof a === 'function') return true;
  if (typeof a !== 'object') return typeof a === 'symbol' && gist(a) === gist(b);
  const depth = changed ? deepest : 0;
  return gist(a, depth) === gist(b, depth);
}
