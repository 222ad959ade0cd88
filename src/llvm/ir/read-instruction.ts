import { readTypeBehindAttributes, skipArgumentAttributes } from './attributes.ts';
import type { Cursor } from './cursor.ts';
import {
  type Access,
  type Action,
  type BinaryOperator,
  binaryOperators,
  type CallSite,
  type Cast,
  casts,
  type Instruction,
  type Operand,
  type Ordering,
  orderings,
} from './instruction.ts';
import { readMetadataOperand } from './metadata-operand.ts';
import { readType } from './read-type.ts';
import { readConstant, readTyped, readValue, skipAssumptions } from './read-value.ts';
import type { Type } from './type.ts';
import type { Constant, Typed, Value } from './value.ts';

/** Read one instruction, or debug record, with what is said behind it. */
export function readInstruction(cursor: Cursor): Instruction {
  const { at } = cursor;
  let name: string | null = null;
  if (cursor.take('%')) {
    name = cursor.takeName();
    cursor.expect('=');
  }
  const action = cursor.take('#dbg_') ? readRecord(cursor) : readAction(cursor);
  return { ...action, name, location: readTail(cursor), at };
}

const readers: Readonly<Record<string, (cursor: Cursor) => Action>> = {
  fneg: (cursor) => {
    skipAssumptions(cursor);
    return { op: 'fneg', value: readTyped(cursor) };
  },
  freeze: (cursor) => ({ op: 'freeze', value: readTyped(cursor) }),
  icmp: (cursor) => readComparison(cursor, 'icmp'),
  fcmp: (cursor) => readComparison(cursor, 'fcmp'),
  select: (cursor) => {
    skipAssumptions(cursor);
    const [condition, yes, no] = readList(cursor, 3);
    return { op: 'select', condition, yes, no } as Action;
  },
  phi: readPhi,
  alloca: readAlloca,
  load: readLoad,
  store: readStore,
  getelementptr: readPointer,
  call: (cursor) => ({ op: 'call', ...readCall(cursor) }),
  invoke: (cursor) => {
    const call = readCall(cursor);
    const next = readTo(cursor, 'to');
    return { op: 'invoke', ...call, next, others: [readTo(cursor, 'unwind')] };
  },
  callbr: (cursor) => {
    const call = readCall(cursor);
    const next = readTo(cursor, 'to');
    return { op: 'callbr', ...call, next, others: readLabels(cursor) };
  },
  ret: (cursor) => {
    const type = readType(cursor);
    if (type.kind === 'void') return { op: 'ret', value: null };
    return { op: 'ret', value: { type, value: readValue(cursor, type) } };
  },
  br: readBranch,
  switch: readSwitch,
  indirectbr: (cursor) => {
    const value = readTyped(cursor);
    cursor.expect(',');
    return { op: 'indirectbr', value, to: readLabels(cursor) };
  },
  unreachable: () => ({ op: 'unreachable' }),
  extractvalue: (cursor) => {
    const value = readTyped(cursor);
    return { op: 'extractvalue', value, path: readPath(cursor) };
  },
  insertvalue: (cursor) => {
    const [value, element] = readList(cursor, 2) as [Typed<Value>, Typed<Value>];
    return { op: 'insertvalue', value, element, path: readPath(cursor) };
  },
  cmpxchg: readCompareExchange,
  atomicrmw: readReadModifyWrite,
  fence: (cursor) => {
    skipScope(cursor);
    return { op: 'fence', ordering: readOrdering(cursor) };
  },
  va_arg: (cursor) => {
    const list = readTyped(cursor);
    cursor.expect(',');
    return { op: 'va_arg', list, type: readType(cursor) };
  },
};

function readAction(cursor: Cursor): Action {
  let op = cursor.takeWord();
  if (op === 'tail' || op === 'musttail' || op === 'notail') op = cursor.takeWord();
  if (isOneOf(binaryOperators, op)) return readBinary(cursor, op);
  if (isOneOf(casts, op)) return readCast(cursor, op);
  const reader = readers[op];
  if (reader !== undefined) return reader(cursor);
  cursor.at -= op.length;
  return cursor.fail('an instruction that is known');
}

function isOneOf<T extends string>(words: readonly T[], word: string): word is T {
  return (words as readonly string[]).includes(word);
}

function readBinary(cursor: Cursor, operator: BinaryOperator): Action {
  skipAssumptions(cursor);
  return { op: 'binary', operator, ...readTwo(cursor) };
}

function readTwo(cursor: Cursor): { type: Type; left: Value; right: Value } {
  const type = readType(cursor);
  const left = readValue(cursor, type);
  cursor.expect(',');
  return { type, left, right: readValue(cursor, type) };
}

function readComparison(cursor: Cursor, op: 'icmp' | 'fcmp'): Action {
  skipAssumptions(cursor);
  const predicate = cursor.takeWord();
  return { op, predicate, ...readTwo(cursor) };
}

function readCast(cursor: Cursor, cast: Cast): Action {
  skipAssumptions(cursor);
  const value = readTyped(cursor);
  if (!cursor.takeIf('to')) cursor.fail('"to"');
  return { op: 'cast', cast, value, to: readType(cursor) };
}

function readList(cursor: Cursor, count: number): Typed<Value>[] {
  const values = [readTyped(cursor)];
  while (values.length < count) {
    cursor.expect(',');
    values.push(readTyped(cursor));
  }
  return values;
}

function readPhi(cursor: Cursor): Action {
  skipAssumptions(cursor);
  const type = readType(cursor);
  const incoming: { value: Value; from: string }[] = [];
  do {
    cursor.expect('[');
    const value = readValue(cursor, type);
    cursor.expect(',');
    cursor.expect('%');
    incoming.push({ value, from: cursor.takeName() });
    cursor.expect(']');
  } while (takeComma(cursor));
  return { op: 'phi', type, incoming };
}

/** Take a comma, unless what follows belongs to the instruction as a whole. */
function takeComma(cursor: Cursor): boolean {
  const { at } = cursor;
  if (!cursor.take(',')) return false;
  if (cursor.peek() !== '!' && !isOneOf(['align', 'addrspace'], cursor.peekWord())) return true;
  cursor.at = at;
  return false;
}

function readAlloca(cursor: Cursor): Action {
  cursor.takeIf('inalloca');
  cursor.takeIf('swifterror');
  const type = readType(cursor);
  return { op: 'alloca', type, count: takeComma(cursor) ? readTyped(cursor) : null };
}

function readLoad(cursor: Cursor): Action {
  const isAtomic = cursor.takeIf('atomic');
  const isVolatile = cursor.takeIf('volatile');
  const type = readType(cursor);
  cursor.expect(',');
  const pointer = readTyped(cursor);
  return { op: 'load', type, pointer, isVolatile, ordering: orderingIf(cursor, isAtomic) };
}

function readStore(cursor: Cursor): Action {
  const isAtomic = cursor.takeIf('atomic');
  const isVolatile = cursor.takeIf('volatile');
  const [value, pointer] = readList(cursor, 2) as [Typed<Value>, Typed<Value>];
  return { op: 'store', value, pointer, isVolatile, ordering: orderingIf(cursor, isAtomic) };
}

function orderingIf(cursor: Cursor, isAtomic: boolean): Access['ordering'] {
  if (!isAtomic) return null;
  skipScope(cursor);
  return readOrdering(cursor);
}

function skipScope(cursor: Cursor): void {
  if (cursor.takeIf('syncscope')) cursor.skipBrackets();
}

function readOrdering(cursor: Cursor): Ordering {
  const word = cursor.peekWord();
  if (!isOneOf(orderings, word)) return cursor.fail('an ordering');
  cursor.at += word.length;
  return word;
}

function readPointer(cursor: Cursor): Action {
  skipAssumptions(cursor);
  const type = readType(cursor);
  cursor.expect(',');
  const pointer = readTyped(cursor);
  const indices: Typed<Value>[] = [];
  while (takeComma(cursor)) {
    skipAssumptions(cursor);
    indices.push(readTyped(cursor));
  }
  return { op: 'getelementptr', type, pointer, indices };
}

function readCall(cursor: Cursor): CallSite {
  skipAssumptions(cursor);
  const type = readTypeBehindAttributes(cursor);
  const signature = type.kind === 'function' ? type : null;
  const result = signature?.result ?? type;
  const callee = cursor.peekWord() === 'asm' ? readAsm(cursor) : readValue(cursor, type);
  cursor.expect('(');
  const operands: Operand[] = [];
  if (!cursor.take(')')) {
    do operands.push(readArgument(cursor));
    while (cursor.take(','));
    cursor.expect(')');
  }
  skipBehindCall(cursor);
  return { callee, result, signature, operands };
}

function readArgument(cursor: Cursor): Operand {
  const type = readType(cursor);
  if (type.kind === 'metadata')
    return { type, value: { kind: 'metadata', metadata: readMetadataOperand(cursor) } };
  const copied = skipArgumentAttributes(cursor);
  const value = readValue(cursor, type);
  return copied === null ? { type, value } : { type, value, isCopied: true };
}

/** Attributes of the call, by number or by name, and operand bundles. */
function skipBehindCall(cursor: Cursor): void {
  for (;;) {
    if (cursor.peek() === '#' && !cursor.text.startsWith('#dbg_', cursor.at)) {
      cursor.at++;
      cursor.takeCount();
    } else if (cursor.peek() === '[') cursor.skipBrackets();
    else if (isOneOf(callAttributes, cursor.peekWord())) {
      cursor.takeWord();
      if (cursor.peek() === '(') cursor.skipBrackets();
    } else return;
  }
}

const callAttributes = ['nounwind', 'noreturn', 'cold', 'nobuiltin', 'builtin', 'memory'] as const;

function readAsm(cursor: Cursor): Value {
  cursor.takeWord();
  let hasSideEffects = false;
  for (;;) {
    if (cursor.takeIf('sideeffect')) hasSideEffects = true;
    else if (!['alignstack', 'inteldialect', 'unwind'].some((word) => cursor.takeIf(word))) break;
  }
  const text = cursor.takeQuoted();
  cursor.expect(',');
  return { kind: 'asm', asm: { text, constraints: cursor.takeQuoted(), hasSideEffects } };
}

function readTo(cursor: Cursor, word: string): string {
  if (!cursor.takeIf(word)) cursor.fail(`"${word}"`);
  return readLabel(cursor);
}

function readLabel(cursor: Cursor): string {
  if (!cursor.takeIf('label')) cursor.fail('a label');
  cursor.expect('%');
  return cursor.takeName();
}

function readLabels(cursor: Cursor): string[] {
  cursor.expect('[');
  const labels: string[] = [];
  if (cursor.take(']')) return labels;
  do labels.push(readLabel(cursor));
  while (cursor.take(','));
  cursor.expect(']');
  return labels;
}

function readBranch(cursor: Cursor): Action {
  if (cursor.peekWord() === 'label') return { op: 'br', to: readLabel(cursor) };
  const { value: condition } = readTyped(cursor);
  cursor.expect(',');
  const yes = readLabel(cursor);
  cursor.expect(',');
  return { op: 'condbr', condition, yes, no: readLabel(cursor) };
}

function readSwitch(cursor: Cursor): Action {
  const value = readTyped(cursor);
  cursor.expect(',');
  const otherwise = readLabel(cursor);
  cursor.expect('[');
  const cases: { value: Constant; to: string }[] = [];
  while (!cursor.take(']')) {
    const type = readType(cursor);
    const constant = readConstant(cursor, type);
    cursor.expect(',');
    cases.push({ value: constant, to: readLabel(cursor) });
  }
  return { op: 'switch', value, otherwise, cases };
}

function readPath(cursor: Cursor): number[] {
  const path: number[] = [];
  while (takeComma(cursor)) path.push(cursor.takeCount());
  return path;
}

function readCompareExchange(cursor: Cursor): Action {
  cursor.takeIf('weak');
  const isVolatile = cursor.takeIf('volatile');
  const [pointer, expected, next] = readList(cursor, 3) as [
    Typed<Value>,
    Typed<Value>,
    Typed<Value>,
  ];
  skipScope(cursor);
  const ordering = readOrdering(cursor);
  const failure = readOrdering(cursor);
  return { op: 'cmpxchg', pointer, expected, next, isVolatile, ordering, failure };
}

function readReadModifyWrite(cursor: Cursor): Action {
  const isVolatile = cursor.takeIf('volatile');
  const operator = cursor.takeWord();
  const [pointer, value] = readList(cursor, 2) as [Typed<Value>, Typed<Value>];
  skipScope(cursor);
  return {
    op: 'atomicrmw',
    operator,
    pointer,
    value,
    isVolatile,
    ordering: readOrdering(cursor),
  };
}

/** `#dbg_declare(ptr %x, !12, !DIExpression(), !34)` */
function readRecord(cursor: Cursor): Action {
  const record = cursor.takeWord();
  cursor.expect('(');
  const operands = [];
  do operands.push(readMetadataOperand(cursor));
  while (cursor.take(','));
  cursor.expect(')');
  return { op: 'debug', record, operands };
}

/** What is said of an instruction behind it; the number of its `!dbg` node. */
function readTail(cursor: Cursor): number | null {
  let location: number | null = null;
  while (cursor.take(',')) {
    if (cursor.take('!')) {
      const name = cursor.takeWord();
      const node = readMetadataOperand(cursor);
      if (name === 'dbg' && node.kind === 'node') location = node.id;
    } else if (cursor.takeIf('align')) cursor.takeCount();
    else if (cursor.takeIf('addrspace')) cursor.skipBrackets();
    else cursor.fail('what can stand behind an instruction');
  }
  return location;
}
