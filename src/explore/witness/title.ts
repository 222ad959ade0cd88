import { joining } from '../execution/verdict.ts';
import type { Failure } from '../program/failure.ts';

/** What went wrong, in a few words. The message says more, and names the objects of one execution. */
export function titleOf(
  failure: Pick<Failure, 'kind' | 'function' | 'object' | 'message' | 'title'>,
): string {
  const { kind, object, message, title } = failure;
  const where = functionsText(failure.function);
  if (title !== undefined) return title;
  switch (kind) {
    case 'null-deref':
      return `${object} is NULL in ${where}`;
    case 'use-after-free':
      return `${where} uses ${object} after it was freed`;
    case 'double-free':
      return `${where} frees ${object} a second time`;
    case 'deadlock':
      return `deadlock on ${waitedFor(object)}`;
    case 'lock-order':
      return `${object.replaceAll(' / ', ' and ')} are taken in contradicting orders`;
    case 'leak':
      return `${object} made in ${where} is lost`;
    case 'warn':
      return `warning "${object}" in ${where}`;
    case 'data-race':
      return `data race on ${object} in ${where}`;
    default:
      return message.replaceAll(/ {2,}/g, ' ');
  }
}

/** What is waited for; for the end of one that is blocked, others wait of course. */
function waitedFor(objects: string): string {
  const names = objects.split(' / ');
  const others = names.filter((name) => name !== joining);
  return (others.length === 0 ? names : others).join(' and ');
}

function functionsText(functions: string): string {
  return functions
    .split(' / ')
    .map((name) => (/^\w+$/.test(name) ? `${name}()` : name.replaceAll(/ {2,}/g, ' ')))
    .join(' and ');
}
