// Bytes of ACPI Machine Language, front to back (ACPI 6.5, 20.2.1 to 20.2.4).

/** A name as stored (20.2.2). Segments have four characters. */
export interface AmlName {
  readonly absolute: boolean;
  /** How many `^` are in front: scopes to go up. */
  readonly up: number;
  readonly segments: readonly string[];
}

/** A piece of a table. */
export interface Span {
  readonly start: number;
  /** First byte after it. */
  readonly end: number;
}

/** Bytes that are no AML: what follows them in their scope cannot be found. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly offset: number;
  /** Where reading can go on all the same, as a length said. */
  resume: number | null = null;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Reads the bytes of a span. */
export class AmlReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, { start, end }: Span) {
    this.bytes = bytes;
    this.offset = start;
    this.end = Math.min(end, bytes.length);
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** What comes next, without reading it; -1 at the end. */
  peek(ahead = 0): number {
    const at = this.offset + ahead;
    return at < this.end ? (this.bytes[at] ?? -1) : -1;
  }

  u8(): number {
    const byte = this.bytes[this.offset];
    if (this.done || byte === undefined) throw new Malformed(this.offset, 'it ends early');
    this.offset++;
    return byte;
  }

  /** Little-endian. */
  number(size: number): bigint {
    let value = 0n;
    for (let index = 0; index < size; index++) value |= BigInt(this.u8()) << BigInt(8 * index);
    return value;
  }

  /** A byte, or what two bytes say of an opcode that has two (0x5bNN). */
  opcode(): number {
    const first = this.u8();
    return first === 0x5b ? 0x5b00 | this.u8() : first;
  }

  /** A length as it is stored, of a package or in bits of a field. */
  length(): number {
    const lead = this.u8();
    const more = lead >> 6;
    let length = more === 0 ? lead & 0x3f : lead & 0x0f;
    for (let index = 0; index < more; index++) length += this.u8() * 2 ** (4 + 8 * index);
    return length;
  }

  /** Where the package ends whose length is next. */
  packageEnd(): number {
    const start = this.offset;
    const end = start + this.length();
    if (end > this.end || end < this.offset) {
      throw new Malformed(start, 'a length passes the end of what it is in');
    }
    return end;
  }

  name(): AmlName {
    const absolute = this.#eat(0x5c);
    let up = 0;
    while (!absolute && this.#eat(0x5e)) up++;
    const segments: string[] = [];
    const count = this.#eat(0x00) ? 0 : this.#eat(0x2e) ? 2 : this.#eat(0x2f) ? this.u8() : 1;
    for (let index = 0; index < count; index++) segments.push(this.segment());
    return { absolute, up, segments };
  }

  segment(): string {
    const { offset } = this;
    const segment = String.fromCharCode(this.u8(), this.u8(), this.u8(), this.u8());
    if (!/^[A-Z_][A-Z0-9_]{3}$/.test(segment)) throw new Malformed(offset, 'a name that is none');
    return segment;
  }

  /** Up to a zero byte, one character per byte. */
  text(): string {
    const { offset } = this;
    const end = this.bytes.indexOf(0, offset);
    if (end < 0 || end >= this.end) throw new Malformed(offset, 'a text without an end');
    this.offset = end + 1;
    let text = '';
    for (let at = offset; at < end; at += 4096) {
      text += String.fromCharCode(...this.bytes.subarray(at, Math.min(end, at + 4096)));
    }
    return text;
  }

  #eat(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.offset++;
    return true;
  }
}

/** Whether a name begins with the byte. */
export function isNameStart(byte: number): boolean {
  const letter = (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f;
  return letter || byte === 0x5c || byte === 0x5e || byte === 0x2e || byte === 0x2f;
}
