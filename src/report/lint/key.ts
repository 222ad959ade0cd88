import type { LintFinding } from './linted.ts';

/**
 * What a finding is known by when the file is another: offsets and numbers move, the rule, the place
 * and what is said stay.
 */
export function findingKey({
  rule,
  node,
  property,
  message,
}: Pick<LintFinding, 'rule' | 'node' | 'property' | 'message'>): string {
  return [rule, node, property ?? '', masked(message)].join(' ');
}

/** A message without its numbers. */
export function masked(message: string): string {
  return message.replace(/\b(?:0x[0-9a-f]+|\d+)\b/gi, '#');
}
