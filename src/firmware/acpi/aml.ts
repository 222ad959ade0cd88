// ACPI Machine Language (ACPI 6.5, chapter 20), as far as it is data: nothing is executed.

/** Data that is written down: numbers, text, bytes, and packages of these; null is anything else. */
export type AmlValue = bigint | string | Uint8Array | readonly AmlValue[] | null;

/** A name as stored (20.2.2). Segments have four characters. */
export interface AmlName {
  readonly absolute: boolean;
  /** How many `^` are in front: scopes to go up. */
  readonly up: number;
  readonly segments: readonly string[];
}

/** Deeper than any real table; bounds the recursion. */
export const MAX_AML_DEPTH: number = 32;

/** Code where data was expected, or a length that does not fit: what follows cannot be found. */
export class NotData extends Error {
  override readonly name = 'NotData';
}

/** Reads AML front to back, up to the end of a package. */
export class AmlReader {
  offset: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly #depth: number;

  constructor(bytes: Uint8Array, offset: number, end: number, depth = 0) {
    if (depth > MAX_AML_DEPTH) throw new NotData('nested too deeply');
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** A byte, or what two bytes say of an opcode that has two (0x5bNN). */
  opcode(): number {
    const first = this.u8();
    return first === 0x5b ? 0x5b00 | this.u8() : first;
  }

  u8(): number {
    const byte = this.bytes[this.offset];
    if (this.done || byte === undefined) throw new NotData('ends early');
    this.offset++;
    return byte;
  }

  number(size: number): bigint {
    let value = 0n;
    for (let index = 0; index < size; index++) value |= BigInt(this.u8()) << BigInt(8 * index);
    return value;
  }

  /** The package whose length is next (20.2.4); reading goes on behind it. */
  package(): AmlReader {
    const start = this.offset;
    const lead = this.u8();
    const more = lead >> 6;
    let length = more === 0 ? lead & 0x3f : lead & 0x0f;
    for (let index = 0; index < more; index++) length += this.u8() * 2 ** (4 + 8 * index);
    const end = start + length;
    if (end > this.end || end < this.offset) throw new NotData('a length that does not fit');
    const inside = new AmlReader(this.bytes, this.offset, end, this.#depth + 1);
    this.offset = end;
    return inside;
  }

  name(): AmlName {
    const absolute = this.#eat(0x5c);
    let up = 0;
    while (!absolute && this.#eat(0x5e)) up++;
    const segments: string[] = [];
    const count = this.#eat(0x00) ? 0 : this.#eat(0x2e) ? 2 : this.#eat(0x2f) ? this.u8() : 1;
    for (let index = 0; index < count; index++) segments.push(this.#segment());
    return { absolute, up, segments };
  }

  /** A data object, or a name in place of one. */
  value(): AmlValue {
    const start = this.offset;
    const opcode = this.opcode();
    switch (opcode) {
      case 0x00:
        return 0n;
      case 0x01:
        return 1n;
      case 0xff:
        return 0xffff_ffff_ffff_ffffn;
      case 0x0a:
        return this.number(1);
      case 0x0b:
        return this.number(2);
      case 0x0c:
        return this.number(4);
      case 0x0e:
        return this.number(8);
      case 0x0d:
        return this.#text();
      case 0x11: {
        const inside = this.package();
        inside.value();
        return this.bytes.subarray(inside.offset, inside.end);
      }
      case 0x12:
      case 0x13: {
        const inside = this.package();
        if (opcode === 0x12) inside.u8();
        else inside.value();
        const elements: AmlValue[] = [];
        while (!inside.done) elements.push(inside.value());
        return elements;
      }
      default:
        this.offset = start;
        if (isNameStart(opcode)) this.name();
        else throw new NotData(`code 0x${opcode.toString(16)}`);
        return null;
    }
  }

  #eat(byte: number): boolean {
    if (this.done || this.bytes[this.offset] !== byte) return false;
    this.offset++;
    return true;
  }

  #segment(): string {
    const segment = String.fromCharCode(this.u8(), this.u8(), this.u8(), this.u8());
    if (!/^[A-Z_][A-Z0-9_]{3}$/.test(segment)) throw new NotData('a name that is none');
    return segment;
  }

  #text(): string {
    let text = '';
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) text += String.fromCharCode(byte);
    return text;
  }
}

function isNameStart(opcode: number): boolean {
  const letter = (opcode >= 0x41 && opcode <= 0x5a) || opcode === 0x5f;
  return letter || opcode === 0x5c || opcode === 0x5e || opcode === 0x2e || opcode === 0x2f;
}
