import { Sequence } from '../../util/index.ts';

/** Values that know how reports call them. */
export interface Named {
  readonly text: string;
}

/** A value as a trace shows it, whatever it does when somebody looks at it. */
export function describeValue(value: unknown): string {
  try {
    return textOf(value);
  } catch {
    return '{...}';
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'function') return String(value.name);
  if (typeof value === 'object') {
    if ('text' in value && typeof value.text === 'string') return value.text;
    if ('path' in value && typeof value.path === 'string') return value.path;
    if (Array.isArray(value) || value instanceof Sequence) return listText(value);
    return '{...}';
  }
  return String(value);
}

/** Nobody reads the names of thousands. */
const mostListed = 100;

function listText(items: readonly unknown[] | Sequence<unknown>): string {
  const listed = items.slice(0, mostListed).map(describeValue);
  const more = items.length - listed.length;
  if (more > 0) listed.push(`and ${more} more`);
  return `[${listed.join(', ')}]`;
}

/** What people call a task for short: `CPU0` of `CPU0  driver bind`. */
export function shortName(task: string): string {
  return task.split('  ')[0] as string;
}
