import { parseFdt } from '../../src/firmware/index.ts';
import { FormatError, type FormatProblem } from '../../src/util/index.ts';

export interface Prop {
  readonly name: string;
  readonly value: Uint8Array;
}

export interface Node {
  readonly name: string;
  readonly props: readonly Prop[];
  readonly children: readonly Node[];
}

export function prop(name: string, ...value: readonly Uint8Array[]): Prop {
  return { name, value: joined(value) };
}

export function node(name: string, props: readonly Prop[] = [], children: readonly Node[] = []) {
  return { name, props, children };
}

export function be32(...values: readonly number[]): Uint8Array {
  return cells(values);
}

/** The same of more numbers than a function can have arguments. */
export function cells(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value);
  });
  return bytes;
}

export function be64(...values: readonly bigint[]): Uint8Array {
  return be32(...values.flatMap((value) => [Number(value >> 32n), Number(value & 0xffffffffn)]));
}

/** One byte per character, nothing added. */
export function raw(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Strings, each with its zero byte. */
export function text(...strings: readonly string[]): Uint8Array {
  return raw(strings.map((string) => `${string}\0`).join(''));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  return joined([bytes, new Uint8Array(-bytes.length & 3)]);
}

// The tokens of the structure block.
export const END_NODE: Uint8Array = be32(2);
export const NOP: Uint8Array = be32(4);
export const END: Uint8Array = be32(9);

export function beginNode(name: string): Uint8Array {
  return joined([be32(1), padded(text(name))]);
}

export function propToken(nameoff: number, value: Uint8Array): Uint8Array {
  return joined([be32(3, value.length, nameoff), padded(value)]);
}

/** What a blob is made of; every header field follows from it unless `header` says otherwise. */
export interface Parts {
  readonly structure: readonly Uint8Array[];
  readonly strings?: Uint8Array;
  readonly reservations?: readonly (readonly [bigint, bigint])[];
  readonly version?: 16 | 17;
}

/** A blob in the order of the specification: header, reservations, structure, strings. */
export function assemble(parts: Parts): Uint8Array {
  const { version = 17, strings = new Uint8Array(), reservations = [] } = parts;
  const structure = joined(parts.structure);
  const reserved = joined([...reservations, [0n, 0n] as const].map((pair) => be64(...pair)));
  const off_reserved = 40;
  const off_structure = off_reserved + reserved.length;
  const off_strings = off_structure + structure.length;
  const size = off_strings + strings.length;
  const header = [0xd00dfeed, size, off_structure, off_strings, off_reserved, version, 16, 0];
  const sizes = version === 17 ? [strings.length, structure.length] : [strings.length, 0];
  return joined([be32(...header, ...sizes), reserved, structure, strings]);
}

/** A well-formed blob with that root. */
export function blob(root: Node, parts: Omit<Parts, 'structure' | 'strings'> = {}): Uint8Array {
  const names = new Map<string, number>();
  let strings = '';
  const structure: Uint8Array[] = [];
  const add = ({ name, props, children }: Node) => {
    structure.push(beginNode(name));
    for (const { name, value } of props) {
      let nameoff = names.get(name);
      if (nameoff === undefined) {
        nameoff = strings.length;
        names.set(name, nameoff);
        strings += `${name}\0`;
      }
      structure.push(propToken(nameoff, value));
    }
    for (const child of children) add(child);
    structure.push(END_NODE);
  };
  add(root);
  return assemble({ ...parts, structure: [...structure, END], strings: raw(strings) });
}

/** A copy with the 32-bit number at `offset` replaced. */
export function patched(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy.set(be32(value), offset);
  return copy;
}

/** What a reader says of bad input; fails when it accepts it or throws anything else. */
export function problemOf(read: () => unknown): FormatProblem {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    if (error instanceof FormatError) return error.problem;
    throw error;
  }
  throw new Error(`accepted: ${String(value)}`);
}

/** Whether the blob can be read; throws for any error that is no {@link FormatError}. */
export function isReadable(bytes: Uint8Array): boolean {
  try {
    parseFdt(bytes);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
