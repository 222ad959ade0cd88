// What terms have as values, and how one kind becomes another (ACPI 6.5, 19.3.5).

import type { AmlNode } from './node.ts';

/** A stretch of code that may or may not run: what it does is not known to be done. */
export interface Doubt {
  /** The doubt that it is in. */
  readonly outer: Doubt | null;
  readonly why: Unknown;
}

/** A value that cannot be known from the tables. */
export class Unknown {
  /** What it depends on. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** Text that can be changed through an index; one character per byte. */
export class AmlText {
  text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class AmlBuffer {
  bytes: Uint8Array;
  /** Null where all of its bytes are known. */
  unknown: Unknown | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export class AmlPackage {
  elements: Value[];

  constructor(elements: Value[]) {
    this.elements = elements;
  }
}

/** Somewhere that has a value. */
export interface Place {
  /** What of it is read; undefined where nothing was ever stored. */
  read(): Value;
  /** Replace the value. */
  write(value: Value): void;
  /** In which doubt it came to be: there, stores to it are certain. */
  readonly born: Doubt | null;
  /** When it came to be; null where that is not kept. */
  readonly age: number | null;
}

/** What RefOf and Index give. */
export class Reference {
  readonly to: Place;
  /** From Index, which a store to the reference does not follow in an argument. */
  readonly indexed: boolean;

  constructor(to: Place, indexed = false) {
    this.to = to;
    this.indexed = indexed;
  }
}

/** Undefined is what a local has before a store. An object that is no data is its own value. */
export type Value =
  | bigint
  | AmlText
  | AmlBuffer
  | AmlPackage
  | Reference
  | Unknown
  | AmlNode
  | undefined;

/** Why ACPICA ends a method early; it is certain that it does. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** The end of what can be followed: too many steps, or bytes that are no code. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** More than real tables hold; bounds memory. */
export const MAX_BUFFER: number = 1 << 20;

/** How wide integers are: 32 bits where the DSDT's revision is below 2. */
export interface Width {
  readonly bits: 32 | 64;
}

export function bufferOf(bytes: Uint8Array, unknown: Unknown | null = null): AmlBuffer {
  const buffer = new AmlBuffer(bytes);
  buffer.unknown = unknown;
  return buffer;
}

/** A value of its own, so that a change of one does not change the other. */
export function copyOf(value: Value): Value {
  if (value instanceof AmlText) return new AmlText(value.text);
  if (value instanceof AmlBuffer) return bufferOf(value.bytes.slice(), value.unknown);
  if (value instanceof AmlPackage) return new AmlPackage(value.elements.map(copyOf));
  return value;
}

/** How much there is of it, to bound the work of copying. */
export function sizeOf(value: Value): number {
  if (value instanceof AmlText) return value.text.length;
  if (value instanceof AmlBuffer) return value.bytes.length;
  if (!(value instanceof AmlPackage)) return 1;
  let size = 1;
  for (const element of value.elements) size += sizeOf(element);
  return size;
}

/** Whether it makes no difference which of the two it is. */
export function isSame(a: Value, b: Value): boolean {
  if (a instanceof AmlText && b instanceof AmlText) return a.text === b.text;
  if (a instanceof AmlBuffer && b instanceof AmlBuffer) {
    if (a.unknown !== null || b.unknown !== null || a.bytes.length !== b.bytes.length) return false;
    return a.bytes.every((byte, at) => byte === b.bytes[at]);
  }
  if (a instanceof Unknown || b instanceof Unknown) return false;
  return a === b;
}

/** As an integer, by the rules of implicit conversion. */
export function integerOf(value: Value, width: Width): bigint | Unknown {
  if (value instanceof Unknown) return value;
  if (typeof value === 'bigint') return value;
  if (value instanceof AmlText) {
    const digits = /^[0-9a-fA-F]*/.exec(value.text)?.[0].slice(0, width.bits / 4) ?? '';
    return digits === '' ? 0n : BigInt(`0x${digits}`);
  }
  if (value instanceof AmlBuffer) {
    if (value.bytes.length === 0) throw new Failure('an empty buffer is no integer');
    if (value.unknown !== null) return value.unknown;
    return littleEndian(value.bytes.subarray(0, width.bits / 8));
  }
  throw new Failure('no integer');
}

/** As bytes; of an integer as many as the width has. */
export function bytesOf(value: Value, width: Width): Uint8Array | Unknown {
  if (value instanceof Unknown) return value;
  if (value instanceof AmlBuffer) return value.unknown ?? value.bytes;
  if (value instanceof AmlText) return bytesOfText(`${value.text}\0`);
  if (typeof value === 'bigint') return bytesOfInteger(value, width.bits / 8);
  throw new Failure('no buffer');
}

/** As text; integers as all their digits, buffers byte by byte. */
export function textOf(value: Value, width: Width): string | Unknown {
  if (value instanceof Unknown) return value;
  if (value instanceof AmlText) return value.text;
  if (value instanceof AmlBuffer) {
    if (value.unknown !== null) return value.unknown;
    return [...value.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  }
  if (typeof value === 'bigint') {
    return value
      .toString(16)
      .toUpperCase()
      .padStart(width.bits / 4, '0');
  }
  throw new Failure('no text');
}

export function bytesOfText(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function bytesOfInteger(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [at, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * at);
  return value;
}

/** Whether code that is certain at `at` is certain for whatever came to be in `born`. */
export function isCertain(at: Doubt | null, born: Doubt | null): boolean {
  if (at === null) return true;
  for (let doubt = born; doubt !== null; doubt = doubt.outer) if (doubt === at) return true;
  return false;
}

/** The doubt with another one in it, unless it is there already. */
export function since(doubt: Doubt | null, also: Doubt | null): Doubt | null {
  if (also === null || isCertain(also, doubt)) return doubt;
  return { outer: doubt, why: also.why };
}
