// One term of AML, taken apart as the table of opcodes says; nothing is done with it yet.

import { nameOpcode, noTarget, type Opcode, type Operand, opcodes } from './opcodes.ts';
import { type AmlName, AmlReader, isNameStart, Malformed, type Span } from './reader.ts';

/** Deeper than any real table; bounds the recursion. */
const MAX_DEPTH = 200;

type Part = Term | readonly Term[] | AmlName | bigint | string | Span;

/** An opcode and its operands. */
export class Term {
  readonly opcode: Opcode;
  /** In its table. */
  readonly offset: number;
  readonly #parts: readonly Part[];

  constructor(opcode: Opcode, offset: number, parts: readonly Part[]) {
    this.opcode = opcode;
    this.offset = offset;
    this.#parts = parts;
  }

  term(index: number): Term {
    return this.#parts[index] as Term;
  }

  /** Operands from `index` on that are terms. */
  termsFrom(index: number): readonly Term[] {
    return this.#parts.slice(index) as Term[];
  }

  elements(index: number): readonly Term[] {
    return this.#parts[index] as readonly Term[];
  }

  aml(index: number): AmlName {
    return this.#parts[index] as AmlName;
  }

  number(index: number): bigint {
    return this.#parts[index] as bigint;
  }

  text(index: number): string {
    return this.#parts[index] as string;
  }

  span(index: number): Span {
    return this.#parts[index] as Span;
  }
}

/** How many terms belong to a name: those that its method wants. */
export type Arity = (name: AmlName) => number;

/** The term that is next; reading goes on behind it. Throws {@link Malformed}. */
export function readTerm(reader: AmlReader, arity: Arity, depth = 0): Term {
  if (depth > MAX_DEPTH) throw new Malformed(reader.offset, 'it is nested too deeply');
  const { offset } = reader;
  if (isNameStart(reader.peek())) {
    const name = reader.name();
    const args = Array.from({ length: arity(name) }, () => readTerm(reader, arity, depth + 1));
    return new Term(nameOpcode, offset, [name, ...args]);
  }
  const code = reader.opcode();
  const opcode = opcodes.get(code);
  if (opcode === undefined) throw new Malformed(offset, `0x${code.toString(16)} is no opcode`);
  if (opcode.operands[0] === 'package') return readPackage(reader, opcode, offset, arity, depth);
  return new Term(opcode, offset, readParts(reader, opcode.operands, arity, depth));
}

/** What does not fit in a package ends with it. */
function readPackage(
  reader: AmlReader,
  opcode: Opcode,
  offset: number,
  arity: Arity,
  depth: number,
): Term {
  const end = reader.packageEnd();
  const inside = new AmlReader(reader.bytes, { start: reader.offset, end });
  reader.offset = end;
  try {
    return new Term(opcode, offset, readParts(inside, opcode.operands.slice(1), arity, depth));
  } catch (error) {
    if (error instanceof Malformed) error.resume = end;
    throw error;
  }
}

function readParts(
  reader: AmlReader,
  operands: readonly Operand[],
  arity: Arity,
  depth: number,
): Part[] {
  return operands.map((operand) => readPart(reader, operand, arity, depth));
}

function readPart(reader: AmlReader, operand: Operand, arity: Arity, depth: number): Part {
  switch (operand) {
    case 'byte':
      return reader.number(1);
    case 'word':
      return reader.number(2);
    case 'dword':
      return reader.number(4);
    case 'qword':
      return reader.number(8);
    case 'text':
      return reader.text();
    case 'name':
      return reader.name();
    case 'term':
      return readTerm(reader, arity, depth + 1);
    case 'target':
    case 'place':
      return readPlace(reader, operand, arity, depth);
    case 'elements':
      return readElements(reader, arity, depth);
    default: {
      const span = { start: reader.offset, end: reader.end };
      reader.offset = reader.end;
      return span;
    }
  }
}

/** A name is the object itself here, and never a call. */
function readPlace(reader: AmlReader, operand: Operand, arity: Arity, depth: number): Term {
  const { offset } = reader;
  if (operand === 'target' && reader.peek() === 0) {
    reader.u8();
    return new Term(noTarget, offset, []);
  }
  if (isNameStart(reader.peek())) return new Term(nameOpcode, offset, [reader.name()]);
  return readTerm(reader, arity, depth + 1);
}

function readElements(reader: AmlReader, arity: Arity, depth: number): Term[] {
  const elements: Term[] = [];
  while (!reader.done) elements.push(readPlace(reader, 'place', arity, depth));
  return elements;
}
