import type { Cursor } from './cursor.ts';
import { type FloatName, floatNames, int, type Type, voidType } from './type.ts';

const simple: Readonly<Record<string, Type>> = {
  void: voidType,
  label: { kind: 'label' },
  metadata: { kind: 'metadata' },
  token: { kind: 'token' },
  opaque: { kind: 'opaque' },
};

/** No integer of LLVM is wider. */
const mostBits = 1 << 23;

export function readType(cursor: Cursor): Type {
  const type = tryType(cursor);
  return type ?? cursor.fail('a type');
}

/** A type, or null where something else stands. */
export function tryType(cursor: Cursor): Type | null {
  let type = cursor.within(() => begin(cursor));
  if (type === null) return null;
  for (;;) {
    if (cursor.take('*')) type = { kind: 'pointer', to: type, space: 0 };
    else if (cursor.peekWord() === 'addrspace') {
      const space = readSpace(cursor);
      cursor.expect('*');
      type = { kind: 'pointer', to: type, space };
    } else if (cursor.peek() === '(') type = readParameters(cursor, type);
    else return type;
  }
}

function begin(cursor: Cursor): Type | null {
  switch (cursor.peek()) {
    case '%':
      cursor.at++;
      return { kind: 'named', name: cursor.takeName() };
    case '{':
      return readStruct(cursor, false);
    case '[': {
      cursor.at++;
      const count = cursor.takeCount();
      if (!cursor.takeIf('x')) cursor.fail('"x"');
      const element = readType(cursor);
      cursor.expect(']');
      return { kind: 'array', count, element };
    }
    case '<': {
      cursor.at++;
      if (cursor.peek() === '{') {
        const struct = readStruct(cursor, true);
        cursor.expect('>');
        return struct;
      }
      if (cursor.takeIf('vscale')) cursor.fail('a vector whose length is known');
      const count = cursor.takeCount();
      if (!cursor.takeIf('x')) cursor.fail('"x"');
      const element = readType(cursor);
      cursor.expect('>');
      return { kind: 'vector', count, element };
    }
    default:
      return byWord(cursor);
  }
}

function byWord(cursor: Cursor): Type | null {
  const word = cursor.peekWord();
  const known = simple[word];
  if (known !== undefined) {
    cursor.at += word.length;
    return known;
  }
  if (/^i\d+$/.test(word)) {
    const bits = Number(word.slice(1));
    if (bits === 0 || bits > mostBits) cursor.fail(`an integer of 1 to ${mostBits} bits`);
    cursor.at += word.length;
    return int(bits);
  }
  if (word === 'ptr') {
    cursor.at += word.length;
    const space = cursor.peekWord() === 'addrspace' ? readSpace(cursor) : 0;
    return { kind: 'pointer', to: null, space };
  }
  if ((floatNames as readonly string[]).includes(word)) {
    cursor.at += word.length;
    return { kind: 'float', name: word as FloatName };
  }
  return null;
}

function readSpace(cursor: Cursor): number {
  cursor.takeIf('addrspace');
  cursor.expect('(');
  const space = cursor.takeCount();
  cursor.expect(')');
  return space;
}

function readStruct(cursor: Cursor, packed: boolean): Type {
  cursor.expect('{');
  const fields: Type[] = [];
  if (!cursor.take('}')) {
    do fields.push(readType(cursor));
    while (cursor.take(','));
    cursor.expect('}');
  }
  return { kind: 'struct', fields, packed };
}

function readParameters(cursor: Cursor, result: Type): Type {
  cursor.expect('(');
  const parameters: Type[] = [];
  let isVariadic = false;
  if (!cursor.take(')')) {
    do {
      isVariadic = cursor.take('...');
      if (!isVariadic) parameters.push(readType(cursor));
    } while (cursor.take(','));
    cursor.expect(')');
  }
  return { kind: 'function', result, parameters, isVariadic };
}
