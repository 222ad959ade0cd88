// Operators that have a value and no effect but on their targets (ACPI 6.5, 19.6).

import {
  AmlBuffer,
  AmlPackage,
  AmlText,
  bufferOf,
  bytesOf,
  bytesOfInteger,
  bytesOfText,
  Failure,
  integerOf,
  MAX_BUFFER,
  sizeOf,
  textOf,
  Unknown,
  type Value,
  type Width,
} from '../tree/value.ts';

/** The value; Divide has two results for its targets, of which the last is its value. */
type Operator = (width: Width, ...args: Value[]) => Value | readonly Value[];

const FALSE = 0n;

/** All bits set. */
export function ones({ bits }: Width): bigint {
  return (1n << BigInt(bits)) - 1n;
}

function truth(is: boolean, width: Width): bigint {
  return is ? ones(width) : FALSE;
}

/** An operator on integers; one that is not known makes the result so. */
function integers(of: (width: Width, ...args: bigint[]) => Value | readonly Value[]): Operator {
  return (width, ...args) => {
    const numbers: bigint[] = [];
    for (const arg of args) {
      const number = integerOf(arg, width);
      if (number instanceof Unknown) return number;
      numbers.push(number);
    }
    return of(width, ...numbers);
  };
}

function arithmetic(of: (a: bigint, b: bigint) => bigint): Operator {
  return integers((width, a = 0n, b = 0n) => of(a, b) & ones(width));
}

/** Like {@link arithmetic}, and one operand may decide whatever the other is. */
function decided(by: (width: Width) => bigint, result: bigint | 'ones', of: Operator): Operator {
  return (width, ...args) => {
    const decisive = by(width);
    const found = args.some((arg) => typeof arg === 'bigint' && arg === decisive);
    if (!found) return of(width, ...args);
    for (const arg of args) integerOf(arg, width); // what is no integer fails all the same
    return result === 'ones' ? ones(width) : result;
  };
}

function shift(by: (a: bigint, count: bigint) => bigint): Operator {
  return integers((width, a = 0n, count = 0n) =>
    count >= BigInt(width.bits) ? 0n : by(a, count) & ones(width),
  );
}

/** The second operand is made what the first is. */
function comparison(of: (order: number) => boolean): Operator {
  return (width, a, b) => {
    const order = compare(width, a, b);
    return order instanceof Unknown ? order : truth(of(order), width);
  };
}

function compare(width: Width, a: Value, b: Value): number | Unknown {
  if (a instanceof AmlText || a instanceof AmlBuffer) {
    const [left, right] = a instanceof AmlText ? [textBytes(a), textBytes(b, width)] : [a, b];
    const x = bytesOf(left, width);
    const y = bytesOf(right, width);
    if (x instanceof Unknown) return x;
    if (y instanceof Unknown) return y;
    for (let at = 0; at < Math.min(x.length, y.length); at++) {
      const order = (x[at] ?? 0) - (y[at] ?? 0);
      if (order !== 0) return order;
    }
    return x.length - y.length;
  }
  const x = integerOf(a, width);
  const y = integerOf(b, width);
  if (x instanceof Unknown) return x;
  if (y instanceof Unknown) return y;
  return x < y ? -1 : x > y ? 1 : 0;
}

function textBytes(value: Value, width: Width = { bits: 64 }): Value {
  const text = textOf(value, width);
  return text instanceof Unknown ? text : bufferOf(bytesOfText(text));
}

const kinds: readonly (readonly [new (...args: never[]) => object, string])[] = [
  [AmlText, '[String Object]'],
  [AmlBuffer, '[Buffer Object]'],
  [AmlPackage, '[Package Object]'],
];

function concatenate(width: Width, a: Value, b: Value): Value {
  for (const value of [a, b]) if (value instanceof Unknown) return value;
  const second = b instanceof AmlPackage || isObject(b) ? new AmlText(describe(b)) : b;
  if (typeof a === 'bigint') {
    const other = integerOf(second, width);
    if (other instanceof Unknown) return other;
    const size = width.bits / 8;
    return bufferOf(joined(bytesOfInteger(a, size), bytesOfInteger(other, size)));
  }
  if (a instanceof AmlBuffer) {
    const other = bytesOf(second, width);
    if (other instanceof Unknown) return other;
    return a.unknown ?? bufferOf(joined(a.bytes, other));
  }
  const text = a instanceof AmlText ? a.text : describe(a);
  const other = textOf(second, width);
  if (other instanceof Unknown) return other;
  return new AmlText(limited(text + other));
}

function isObject(value: Value): boolean {
  return typeof value === 'object' && !kinds.some(([kind]) => value instanceof kind);
}

function describe(value: Value): string {
  const known = kinds.find(([kind]) => value instanceof kind);
  return known?.[1] ?? '[Object]';
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(limit(a.length + b.length));
  all.set(a);
  all.set(b, a.length);
  return all;
}

function limit(size: number): number {
  if (size > MAX_BUFFER) throw new Failure('a value that is too large');
  return size;
}

function limited(text: string): string {
  limit(text.length);
  return text;
}

/** Two resource templates as one: the end tag of the first goes, that of the second is new. */
function concatenateResources(width: Width, a: Value, b: Value): Value {
  const x = bytesOf(a, width);
  const y = bytesOf(b, width);
  if (x instanceof Unknown) return x;
  if (y instanceof Unknown) return y;
  const all = joined(x.subarray(0, endOfResources(x)), y.subarray(0, endOfResources(y)));
  return bufferOf(joined(all, Uint8Array.of(0x79, 0)));
}

function endOfResources(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    if (tag >> 3 === 0x0f) return at;
    at += tag < 0x80 ? 1 + (tag & 7) : 3 + (bytes[at + 1] ?? 0) + 256 * (bytes[at + 2] ?? 0);
  }
  if (bytes.length === 0) return 0;
  throw new Failure('resources without an end');
}

function digits(value: Value, width: Width, radix: 10 | 16): Value {
  if (value instanceof Unknown || value instanceof AmlText) return value;
  if (value instanceof AmlBuffer) {
    if (value.unknown !== null) return value.unknown;
    const prefix = radix === 16 ? '0x' : '';
    const each = [...value.bytes].map((byte) => {
      const text = byte.toString(radix).toUpperCase();
      return `${prefix}${radix === 16 ? text.padStart(2, '0') : text}`;
    });
    return new AmlText(limited(each.join(',')));
  }
  const number = integerOf(value, width);
  if (number instanceof Unknown) return number;
  if (radix === 10) return new AmlText(number.toString());
  return new AmlText(`0x${number.toString(16).toUpperCase()}`);
}

function toInteger(width: Width, value: Value): Value {
  if (!(value instanceof AmlText)) return integerOf(value, width);
  const text = value.text.trim();
  const hexadecimal = /^0x([0-9a-f]+)/i.exec(text)?.[1];
  const decimal = /^[0-9]+/.exec(text)?.[0];
  const digit = hexadecimal === undefined ? decimal : `0x${hexadecimal.slice(0, 16)}`;
  return BigInt(digit?.slice(0, 24) ?? 0) & ones(width);
}

function toText(width: Width, value: Value, most: Value): Value {
  const bytes = bytesOf(value, width);
  const length = integerOf(most, width);
  if (bytes instanceof Unknown) return bytes;
  if (length instanceof Unknown) return length;
  const zero = bytes.indexOf(0);
  const end = Math.min(zero < 0 ? bytes.length : zero, Number(length));
  return new AmlText(String.fromCharCode(...bytes.subarray(0, Math.min(end, 4096))));
}

function middle(width: Width, value: Value, index: Value, length: Value): Value {
  const from = integerOf(index, width);
  const count = integerOf(length, width);
  if (value instanceof Unknown) return value;
  if (from instanceof Unknown) return from;
  if (count instanceof Unknown) return count;
  const start = Number(from);
  const end = start + Number(count);
  if (value instanceof AmlBuffer) return value.unknown ?? bufferOf(value.bytes.slice(start, end));
  const text = textOf(value, width);
  return text instanceof Unknown ? text : new AmlText(text.slice(start, end));
}

function fromBcd(a: bigint): bigint {
  const text = a.toString(16);
  if (!/^[0-9]+$/.test(text)) throw new Failure('no decimal digits');
  return BigInt(text);
}

/** Numbers of Match (19.6.81), each with what it asks of an element and an operand. */
const matches: readonly ((order: number) => boolean)[] = [
  () => true,
  (order) => order === 0,
  (order) => order <= 0,
  (order) => order < 0,
  (order) => order >= 0,
  (order) => order > 0,
];

/** The index of the first element that both conditions hold for. */
export function match(
  width: Width,
  value: Value,
  conditions: readonly (readonly [kind: bigint, operand: Value])[],
  start: Value,
): Value {
  const from = integerOf(start, width);
  if (value instanceof Unknown) return value;
  if (from instanceof Unknown) return from;
  if (!(value instanceof AmlPackage)) throw new Failure('no package');
  for (let at = Number(from); at < value.elements.length; at++) {
    const element = value.elements[at];
    let all = true;
    for (const [kind, operand] of conditions) {
      if (kind === 0n) continue;
      if (element instanceof Unknown) return element;
      if (!isData(element)) all = false;
      const order: number | Unknown = all ? compare(width, element, operand) : 0;
      if (order instanceof Unknown) return order;
      all &&= matches[Number(kind)]?.(order) ?? false;
    }
    if (all) return BigInt(at);
  }
  return ones(width);
}

function isData(value: Value): boolean {
  return typeof value === 'bigint' || value instanceof AmlText || value instanceof AmlBuffer;
}

const and = integers((width, a = 0n, b = 0n) => truth(a !== 0n && b !== 0n, width));
const or = integers((width, a = 0n, b = 0n) => truth(a !== 0n || b !== 0n, width));

/** Whether something is known to be true, whatever integer it is. */
function orTrue(width: Width, ...args: Value[]): Value | readonly Value[] {
  const [a, b] = args.map((arg) => integerOf(arg, width));
  if (typeof a === 'bigint' && a !== 0n) return ones(width);
  if (typeof b === 'bigint' && b !== 0n) return ones(width);
  return or(width, a, b);
}

export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Add', arithmetic((a, b) => a + b)],
  ['Subtract', arithmetic((a, b) => a - b)],
  [
    'Multiply',
    decided(
      () => 0n,
      0n,
      arithmetic((a, b) => a * b),
    ),
  ],
  [
    'Divide',
    integers((_width, a = 0n, b = 0n) => {
      if (b === 0n) throw new Failure('division by zero');
      return [a % b, a / b];
    }),
  ],
  [
    'Mod',
    integers((_width, a = 0n, b = 0n) => {
      if (b === 0n) throw new Failure('division by zero');
      return a % b;
    }),
  ],
  ['ShiftLeft', shift((a, count) => a << count)],
  ['ShiftRight', shift((a, count) => a >> count)],
  [
    'And',
    decided(
      () => 0n,
      0n,
      arithmetic((a, b) => a & b),
    ),
  ],
  [
    'Or',
    decided(
      ones,
      'ones',
      arithmetic((a, b) => a | b),
    ),
  ],
  ['Xor', arithmetic((a, b) => a ^ b)],
  ['Nand', integers((width, a = 0n, b = 0n) => (a & b) ^ ones(width))],
  ['Nor', integers((width, a = 0n, b = 0n) => (a | b) ^ ones(width))],
  ['Not', integers((width, a = 0n) => a ^ ones(width))],
  ['FindSetLeftBit', integers((_width, a = 0n) => (a === 0n ? 0n : BigInt(a.toString(2).length)))],
  [
    'FindSetRightBit',
    integers((_width, a = 0n) => (a === 0n ? 0n : BigInt((a & -a).toString(2).length))),
  ],
  ['LAnd', decided(() => 0n, 0n, and)],
  ['LOr', orTrue],
  ['LNot', integers((width, a = 0n) => truth(a === 0n, width))],
  ['LEqual', comparison((order) => order === 0)],
  ['LGreater', comparison((order) => order > 0)],
  ['LLess', comparison((order) => order < 0)],
  ['Concat', concatenate],
  ['ConcatRes', concatenateResources],
  ['Mid', middle],
  ['ToInteger', toInteger],
  ['ToString', toText],
  [
    'ToBuffer',
    (width, value) => {
      const bytes = bytesOf(value, width);
      return bytes instanceof Unknown ? bytes : bufferOf(bytes.slice());
    },
  ],
  ['ToDecimalString', (width, value) => digits(value, width, 10)],
  ['ToHexString', (width, value) => digits(value, width, 16)],
  ['FromBCD', integers((_width, a = 0n) => fromBcd(a))],
  ['ToBCD', integers((width, a = 0n) => BigInt(`0x${a}`) & ones(width))],
]);

/** How many elements, bytes or characters there are. */
export function sizeIn(value: Value): Value {
  if (value instanceof Unknown) return value;
  if (value instanceof AmlBuffer) return BigInt(value.bytes.length);
  if (value instanceof AmlText) return BigInt(value.text.length);
  if (value instanceof AmlPackage) return BigInt(value.elements.length);
  if (typeof value === 'bigint') return BigInt(sizeOf(value) * 8);
  throw new Failure('nothing that has a size');
}
