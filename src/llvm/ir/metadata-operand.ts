import type { Cursor } from './cursor.ts';
import { decode } from './cursor.ts';
import { readTyped } from './read-value.ts';
import type { MetadataOperand } from './value.ts';

/** `!12`, `!"text"`, `!DIExpression()`, or a value with its type. */
export function readMetadataOperand(cursor: Cursor): MetadataOperand {
  if (!cursor.take('!')) return { kind: 'value', of: readTyped(cursor) };
  const next = cursor.peek();
  if (/\d/.test(next)) return { kind: 'node', id: cursor.takeCount() };
  if (next === '"') return { kind: 'text', text: decode(cursor.takeQuoted()) };
  const { at } = cursor;
  if (next !== '{') cursor.takeWord();
  if ('({'.includes(cursor.peek())) cursor.skipBrackets();
  return { kind: 'text', text: cursor.text.slice(at, cursor.at) };
}
