import type { Cursor } from './cursor.ts';
import { readType, tryType } from './read-type.ts';
import { isConstantWord } from './read-value.ts';
import type { Type } from './type.ts';

// Attributes say what an optimiser may assume. Only `byval` changes what a function does.

/** Go past the linkage, calling convention and attributes before a type; that type. */
export function readTypeBehindAttributes(cursor: Cursor): Type {
  for (;;) {
    const type = tryType(cursor);
    if (type !== null) return type;
    skipAttribute(cursor);
  }
}

/**
 * Go past the attributes between the type of an argument and its value.
 *
 * @returns what is given by value though the argument is a pointer to it: whoever is called has a copy
 */
export function skipArgumentAttributes(cursor: Cursor): Type | null {
  let copied: Type | null = null;
  for (;;) {
    const next = cursor.peek();
    if (next !== '"' && (!/[a-z]/.test(next) || isConstantWord(cursor.peekWord()))) return copied;
    if (cursor.takeIf('byval')) {
      cursor.expect('(');
      copied = readType(cursor);
      cursor.expect(')');
    } else skipAttribute(cursor);
  }
}

function skipAttribute(cursor: Cursor): void {
  if (cursor.peek() === '"') {
    cursor.takeQuoted();
    if (cursor.take('=')) cursor.takeQuoted();
    return;
  }
  const word = cursor.takeWord();
  if (cursor.peek() === '(') cursor.skipBrackets();
  else if (word === 'align' || word === 'cc') {
    if (/^\d+$/.test(cursor.peekWord())) cursor.takeWord();
  }
}
