import { FormatError } from '../../util/index.ts';
import { readTypeBehindAttributes, skipArgumentAttributes } from './attributes.ts';
import { Cursor } from './cursor.ts';
import type { Block, FunctionBody, Instruction, Parameter } from './instruction.ts';
import { readInstruction } from './read-instruction.ts';
import { readType } from './read-type.ts';
import type { FunctionType, Type } from './type.ts';

/** What stands before the body of a function, or is all that is said of it. */
export interface FunctionHead {
  readonly name: string;
  readonly type: FunctionType;
  readonly parameters: readonly Parameter[];
  readonly subprogram: number | null;
}

/** Read a `define` or `declare` up to its body. */
export function readHead(cursor: Cursor): FunctionHead {
  const isDeclared = cursor.takeWord() === 'declare';
  let subprogram: number | null = null;
  while (isDeclared && cursor.take('!')) {
    const isDebug = cursor.takeWord() === 'dbg';
    cursor.expect('!');
    const node = cursor.takeCount();
    if (isDebug) subprogram = node;
  }
  const result = readTypeBehindAttributes(cursor);
  cursor.expect('@');
  const name = cursor.takeName();
  cursor.expect('(');
  const parameters: Parameter[] = [];
  const types: Type[] = [];
  let isVariadic = false;
  let unnamed = 0;
  if (!cursor.take(')')) {
    do {
      isVariadic = cursor.take('...');
      if (isVariadic) continue;
      const type = readType(cursor);
      const copied = skipArgumentAttributes(cursor);
      const isNamed = cursor.take('%');
      const parameter = isNamed ? cursor.takeName() : `${unnamed}`;
      if (/^\d+$/.test(parameter)) unnamed++;
      types.push(type);
      parameters.push({ name: parameter, type, copied });
    } while (cursor.take(','));
    cursor.expect(')');
  }
  const type: FunctionType = { kind: 'function', result, parameters: types, isVariadic };
  return { name, type, parameters, subprogram };
}

/** Read a function with its body, from its `define` on. */
export function readFunction(text: string, at: number, end: number): FunctionBody {
  const cursor = new Cursor(text, at, end);
  const head = readHead(cursor);
  const open = text.indexOf('{\n', cursor.at);
  if (open < 0 || open >= end) cursor.fail('the body of a function');
  const debug = /!dbg !(\d+)/.exec(text.slice(cursor.at, open));
  cursor.at = open + 1;
  const unnamed = head.parameters.filter(({ name }) => /^\d+$/.test(name)).length;
  const blocks = readBlocks(cursor, `${unnamed}`);
  return { ...head, subprogram: debug === null ? null : Number(debug[1]), blocks };
}

function readBlocks(cursor: Cursor, first: string): Block[] {
  const blocks: { label: string; instructions: Instruction[] }[] = [];
  for (;;) {
    if (cursor.take('}')) return blocks;
    if (cursor.isAtEnd) cursor.fail('the "}" of a function');
    const label = tryLabel(cursor);
    if (label !== null) blocks.push({ label, instructions: [] });
    else {
      let block = blocks.at(-1);
      if (block === undefined) {
        block = { label: first, instructions: [] };
        blocks.push(block);
      }
      block.instructions.push(understood(cursor));
    }
  }
}

const label = /(?:([-a-zA-Z$._0-9]+)|"([^"]*)"):/y;

function tryLabel(cursor: Cursor): string | null {
  label.lastIndex = cursor.at;
  const found = label.exec(cursor.text);
  if (found === null) return null;
  cursor.at += found[0].length;
  return found[1] ?? found[2] ?? '';
}

/** The next instruction; what is not understood is kept, as nobody may ever come to it. */
function understood(cursor: Cursor): Instruction {
  const { at } = cursor;
  try {
    return readInstruction(cursor);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    cursor.at = at;
    const [, name] = /^%([-a-zA-Z$._0-9]+) =/.exec(cursor.text.slice(at, at + 80)) ?? [];
    cursor.skipLine();
    return { op: 'unknown', why: error.message, name: name ?? null, location: null, at };
  }
}
