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
    let text = '';
    while (this.offset < this.#end) {
      const byte = this.u8(field);
      if (byte === 0) return text;
      if (text.length === longest) {
        throw this.#error('limit', field, start, `at most ${longest} characters`, 'a longer name');
      }
      text += String.fromCharCode(byte);
    }
    throw this.#error(
      'unterminated-string',
      field,
      start,
      'a zero byte at the end',
      this.#ending(),
    );
  }

  /** Skip to the next multiple of `alignment` and give the bytes between, which should be zero. */
  align(field: string, alignment: number): Uint8Array {
    return this.bytes(field, (alignment - (this.offset % alignment)) % alignment);
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
