import { bytesOf, type Cursor } from './cursor.ts';
import { casts } from './instruction.ts';
import { readType } from './read-type.ts';
import { type FloatName, type Type, typeText } from './type.ts';
import type { Constant, Typed, Value } from './value.ts';

/** Words between an operation and its operands that say only what may be assumed. */
const assumptions = new Set([
  'nuw',
  'nsw',
  'nusw',
  'exact',
  'disjoint',
  'nneg',
  'samesign',
  'inbounds',
  'nnan',
  'ninf',
  'nsz',
  'arcp',
  'contract',
  'afn',
  'reassoc',
  'fast',
]);

export function skipAssumptions(cursor: Cursor): void {
  for (;;) {
    const word = cursor.peekWord();
    if (assumptions.has(word)) cursor.at += word.length;
    else if (word === 'inrange') {
      cursor.at += word.length;
      if (cursor.peek() === '(') cursor.skipBrackets();
    } else return;
  }
}

export function readTyped(cursor: Cursor): Typed<Value> {
  const type = readType(cursor);
  return { type, value: readValue(cursor, type) };
}

export function readTypedConstant(cursor: Cursor): Typed<Constant> {
  const type = readType(cursor);
  return { type, value: readConstant(cursor, type) };
}

export function readValue(cursor: Cursor, type: Type): Value {
  if (cursor.peek() !== '%') return readConstant(cursor, type);
  cursor.at++;
  return { kind: 'local', name: cursor.takeName() };
}

export function readConstant(cursor: Cursor, type: Type): Constant {
  return cursor.within(() => begin(cursor, type));
}

function begin(cursor: Cursor, type: Type): Constant {
  switch (cursor.peek()) {
    case '@':
      cursor.at++;
      return { kind: 'global', name: cursor.takeName() };
    case '[':
      return readElements(cursor, '[', ']');
    case '{':
      return readElements(cursor, '{', '}');
    case '<': {
      cursor.at++;
      const isStruct = cursor.peek() === '{';
      const elements = isStruct ? readElements(cursor, '{', '}') : readElements(cursor, '', '>');
      if (isStruct) cursor.expect('>');
      return elements;
    }
    default:
      return readWord(cursor, type);
  }
}

function readElements(cursor: Cursor, open: string, close: string): Constant {
  cursor.expect(open);
  const elements: Typed<Constant>[] = [];
  if (!cursor.take(close)) {
    do elements.push(readTypedConstant(cursor));
    while (cursor.take(','));
    cursor.expect(close);
  }
  return { kind: 'aggregate', elements };
}

function readWord(cursor: Cursor, type: Type): Constant {
  const word = cursor.peekWord();
  if (/^-?\d/.test(word)) return readNumber(cursor, type);
  cursor.at += word.length;
  switch (word) {
    case 'true':
      return { kind: 'int', value: 1n };
    case 'false':
      return { kind: 'int', value: 0n };
    case 'null':
    case 'undef':
    case 'poison':
      return { kind: word };
    case 'zeroinitializer':
    case 'none':
      return { kind: 'zero' };
    case 'c':
      return { kind: 'bytes', bytes: bytesOf(cursor.takeQuoted()) };
    case 'dso_local_equivalent':
    case 'no_cfi':
      cursor.expect('@');
      return { kind: 'global', name: cursor.takeName() };
    case 'blockaddress': {
      cursor.expect('(');
      cursor.expect('@');
      const name = cursor.takeName();
      cursor.expect(',');
      cursor.expect('%');
      const label = cursor.takeName();
      cursor.expect(')');
      return { kind: 'block', function: name, label };
    }
    case 'splat': {
      cursor.expect('(');
      const element = readTypedConstant(cursor);
      cursor.expect(')');
      if (type.kind !== 'vector') return cursor.fail('the type of a vector before splat');
      return { kind: 'aggregate', elements: Array.from({ length: type.count }, () => element) };
    }
    default:
      return readExpression(cursor, word);
  }
}

function readNumber(cursor: Cursor, type: Type): Constant {
  if (type.kind === 'float') return { kind: 'float', value: readFloat(cursor, type.name) };
  const word = cursor.takeWord();
  if (type.kind !== 'int' || !/^-?\d+$/.test(word)) return cursor.fail(`a ${typeText(type)}`);
  return { kind: 'int', value: BigInt(word) };
}

const decimal = /[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?/y;

/** In decimal, with a sign in its exponent that no word has, or the bits of a double. */
function readFloat(cursor: Cursor, name: FloatName): number {
  const word = cursor.peekWord();
  if (!word.startsWith('0x')) {
    decimal.lastIndex = cursor.at;
    const number = decimal.exec(cursor.text)?.[0] ?? cursor.fail('a number');
    cursor.at += number.length;
    return Number(number);
  }
  if (!/^0x[0-9a-fA-F]{1,16}$/.test(word))
    return cursor.fail(`a float or a double: a ${name} is not supported`);
  cursor.at += word.length;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(word));
  return view.getFloat64(0);
}

const operations = new Set<string>([
  ...casts,
  'getelementptr',
  'icmp',
  'fcmp',
  'select',
  'add',
  'sub',
  'mul',
  'shl',
  'lshr',
  'ashr',
  'and',
  'or',
  'xor',
]);

function readExpression(cursor: Cursor, op: string): Constant {
  if (!operations.has(op)) {
    cursor.at -= op.length;
    cursor.fail('a constant');
  }
  skipAssumptions(cursor);
  const isCompared = op === 'icmp' || op === 'fcmp';
  const predicate = isCompared ? cursor.takeWord() : null;
  cursor.expect('(');
  let type: Type | null = null;
  if (op === 'getelementptr') {
    type = readType(cursor);
    cursor.expect(',');
  }
  const operands: Typed<Constant>[] = [];
  do {
    skipAssumptions(cursor);
    operands.push(readTypedConstant(cursor));
  } while (cursor.take(','));
  if ((casts as readonly string[]).includes(op)) {
    if (!cursor.takeIf('to')) cursor.fail('"to"');
    type = readType(cursor);
  }
  cursor.expect(')');
  return { kind: 'expression', op, operands, type, predicate };
}

const constantWords = new Set([
  'true',
  'false',
  'null',
  'undef',
  'poison',
  'zeroinitializer',
  'none',
  'c',
  'dso_local_equivalent',
  'no_cfi',
  'blockaddress',
  'splat',
  'asm',
]);

/** Whether a constant, or assembler text, begins with this word. */
export function isConstantWord(word: string): boolean {
  return constantWords.has(word) || operations.has(word);
}
