// Where values are stored, and how a value fits there (ACPI 6.5, 19.3.5.7 and 19.3.5.8).

import type { AmlNode, BufferField, FieldUnit } from '../tree/node.ts';
import {
  AmlBuffer,
  type AmlPackage,
  AmlText,
  bufferOf,
  bytesOf,
  type Doubt,
  Failure,
  integerOf,
  littleEndian,
  type Place,
  textOf,
  Unknown,
  type Value,
  type Width,
} from '../tree/value.ts';

/** The call that has a local or an argument. */
interface SlotOwner {
  readonly born: Doubt | null;
  readonly age: number;
  readonly args: Value[];
}

/** A local or an argument of a method. */
export class Slot implements Place {
  readonly of: Value[];
  readonly index: number;
  readonly isArgument: boolean;
  readonly born: Doubt | null;
  readonly age: number;

  constructor(of: Value[], index: number, { born, age, args }: SlotOwner) {
    this.of = of;
    this.index = index;
    this.isArgument = of === args;
    this.born = born;
    this.age = age;
  }

  read(): Value {
    return this.of[this.index];
  }

  write(value: Value): void {
    this.of[this.index] = value;
  }
}

/** An object with a name. */
export class Named implements Place {
  readonly node: AmlNode;
  readonly #width: Width;

  constructor(node: AmlNode, width: Width) {
    this.node = node;
    this.#width = width;
  }

  get born(): Doubt | null {
    return this.node.content.kind === 'data' ? this.node.born : null;
  }

  get age(): number {
    return this.node.age;
  }

  read(): Value {
    const { content } = this.node;
    if (content.kind === 'data') return content.value;
    if (content.kind === 'buffer-field') return readBits(content, this.#width);
    if (content.kind === 'field') return readField(content, this.#width);
    return this.node;
  }

  write(value: Value): void {
    const { content } = this.node;
    if (content.kind === 'buffer-field') writeBits(content, value, this.#width);
    else this.node.content = { kind: 'data', value };
  }
}

/** An element of a package. */
export class Element implements Place {
  readonly born = null;
  readonly age = null;
  readonly #of: AmlPackage;
  readonly #index: number;

  constructor(of: AmlPackage, index: number) {
    this.#of = of;
    this.#index = index;
  }

  read(): Value {
    return this.#of.elements[this.#index];
  }

  write(value: Value): void {
    this.#of.elements[this.#index] = value;
  }
}

/** A byte of a buffer or a character of a text. */
export class Byte implements Place {
  readonly born = null;
  readonly age = null;
  readonly #of: AmlBuffer | AmlText;
  readonly #index: number;

  constructor(of: AmlBuffer | AmlText, index: number) {
    this.#of = of;
    this.#index = index;
  }

  read(): Value {
    if (this.#of instanceof AmlText) return BigInt(this.#of.text.charCodeAt(this.#index));
    return this.#of.unknown ?? BigInt(this.#of.bytes[this.#index] ?? 0);
  }

  write(value: Value): void {
    const number = integerOf(value, { bits: 64 });
    const of = this.#of;
    if (number instanceof Unknown) {
      if (of instanceof AmlBuffer) of.unknown ??= number;
      else throw new Failure('a letter that is not known');
      return;
    }
    const byte = Number(number & 0xffn);
    if (of instanceof AmlBuffer) of.bytes[this.#index] = byte;
    else {
      const { text } = of;
      of.text =
        text.slice(0, this.#index) + String.fromCharCode(byte) + text.slice(this.#index + 1);
    }
  }
}

/** Some element, and it is not known which. */
export class Some implements Place {
  readonly born = null;
  readonly age = null;
  readonly #of: AmlPackage | AmlBuffer;
  readonly #which: Unknown;

  constructor(of: AmlPackage | AmlBuffer, which: Unknown) {
    this.#of = of;
    this.#which = which;
  }

  read(): Value {
    return this.#which;
  }

  write(): void {
    const of = this.#of;
    if (of instanceof AmlBuffer) of.unknown ??= this.#which;
    else of.elements.fill(this.#which);
  }
}

/** A value that is in no place: what is stored there is gone. */
export class Loose implements Place {
  readonly born = null;
  readonly age = null;
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  read(): Value {
    return this.#value;
  }

  write(): void {}
}

/** A value as the kind of what it replaces. */
export function converted(value: Value, old: Value, width: Width): Value {
  if (value instanceof Unknown) return value;
  if (typeof old === 'bigint') return isConvertible(value) ? integerOf(value, width) : value;
  if (old instanceof AmlText) {
    const text = isConvertible(value) ? textOf(value, width) : value;
    return typeof text === 'string' ? new AmlText(text) : text;
  }
  if (!(old instanceof AmlBuffer) || !isConvertible(value)) return value;
  const bytes = bytesOf(value, width);
  if (bytes instanceof Unknown) return bytes;
  if (old.bytes.length === 0) return bufferOf(bytes.slice());
  const fitting = new Uint8Array(old.bytes.length);
  fitting.set(bytes.subarray(0, fitting.length));
  return bufferOf(fitting);
}

function isConvertible(value: Value): boolean {
  return typeof value === 'bigint' || value instanceof AmlText || value instanceof AmlBuffer;
}

function readField({ region, offset, length, why }: FieldUnit, width: Width): Value {
  const content = region?.content;
  if (region === null || content?.kind !== 'region' || content.isStored) return why;
  const bytes = content.bytesOf(region);
  if (bytes === null || offset + length > 8 * bytes.length) return why;
  return valueOfBits(bytes, offset, length, width);
}

function readBits({ buffer, offset, length }: BufferField, width: Width): Value {
  if (buffer instanceof Unknown) return buffer;
  if (offset instanceof Unknown) return offset;
  return buffer.unknown ?? valueOfBits(buffer.bytes, offset, length, width);
}

function valueOfBits(bytes: Uint8Array, offset: number, length: number, width: Width): Value {
  const value = new Uint8Array((length + 7) >> 3);
  for (let at = 0; at < value.length; at++) {
    const first = (offset >> 3) + at;
    value[at] = ((bytes[first] ?? 0) | ((bytes[first + 1] ?? 0) << 8)) >> (offset & 7);
  }
  const spare = 8 * value.length - length;
  if (spare > 0) value[value.length - 1] = (value.at(-1) ?? 0) & (0xff >> spare);
  return length <= width.bits ? littleEndian(value) : bufferOf(value);
}

function writeBits({ buffer, offset, length }: BufferField, value: Value, width: Width): void {
  if (buffer instanceof Unknown) return;
  const bytes = bytesOf(value, width);
  if (offset instanceof Unknown || bytes instanceof Unknown) {
    buffer.unknown ??= bytes instanceof Unknown ? bytes : (offset as Unknown);
    return;
  }
  for (let bit = 0; bit < length; bit++) {
    const set = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    const at = (offset + bit) >> 3;
    const mask = 1 << ((offset + bit) & 7);
    buffer.bytes[at] = ((buffer.bytes[at] ?? 0) & ~mask) | (set === 1 ? mask : 0);
  }
}
