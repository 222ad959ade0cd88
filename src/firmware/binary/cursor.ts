import { FormatError, hex } from '../../util/index.ts';

export type Endian = 'big' | 'little';

/** What a {@link Cursor} may read, and how its errors call it. */
export interface Extent {
  /** Prefix of the error codes: `fdt` gives `fdt/truncated`. */
  readonly format: string;
  /** The block as the specification calls it, for "3 bytes left in the structure block". */
  readonly name: string;
  readonly endian: Endian;
  /** First byte, counted from the start of the file. */
  readonly start: number;
  /** First byte after the block. */
  readonly end: number;
}

/**
 * Reads a block front to back. Every offset counts from the start of the file; no read goes past
 * the extent's end, a short one throws {@link FormatError}. `field` names what is read in the error.
 */
export class Cursor {
  /** Where the next read starts. */
  offset: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #extent: Extent;
  readonly #end: number;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, extent: Extent) {
    // A plain view, because slices of a subclass would be of the subclass too.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#extent = extent;
    this.#end = Math.min(extent.end, bytes.byteLength);
    this.#little = extent.endian === 'little';
    this.offset = extent.start;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(field, 1));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(field, 2), this.#little);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(field, 4), this.#little);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(field, 8), this.#little);
  }

  /** The next `size` bytes, not copied. */
  bytes(field: string, size: number): Uint8Array {
    const start = this.#take(field, size);
    return this.#bytes.subarray(start, start + size);
  }

  /** The characters up to the next zero byte, one per byte, at most `longest`; the zero is eaten. */
  cstring(field: string, longest: number): string {
    const start = this.offset;
    let end = start;
    while (end < this.#end && this.#bytes[end] !== 0) {
      if (end - start === longest)
        throw this.#error('limit', field, start, `at most ${longest} characters`, 'a longer name');
      end++;
    }
    if (end >= this.#end) {
      const expected = 'a zero byte at the end';
      throw this.#error('unterminated-string', field, start, expected, this.#ending());
    }
    this.offset = end + 1;
    return String.fromCharCode(...this.#bytes.subarray(start, end));
  }

  /** Skip to the next multiple of `alignment`. Whether the bytes between are zero, as they should be. */
  align(field: string, alignment: number): boolean {
    const start = this.offset;
    this.#take(field, (alignment - (start % alignment)) % alignment);
    for (let at = start; at < this.offset; at++) if (this.#bytes[at] !== 0) return false;
    return true;
  }

  #take(field: string, size: number): number {
    const start = this.offset;
    if (start + size > this.#end) {
      const left = Math.max(this.#end - start, 0);
      const found = `${left} left in the ${this.#extent.name}, ${this.#ending()}`;
      throw this.#error('truncated', field, start, `${size} bytes`, found);
    }
    this.offset = start + size;
    return start;
  }

  #ending(): string {
    return `which ends at ${hex(this.#end)}`;
  }

  #error(code: string, field: string, offset: number, expected: string, found: string) {
    return new FormatError({
      code: `${this.#extent.format}/${code}`,
      offset,
      field,
      expected,
      found,
    });
  }
}
