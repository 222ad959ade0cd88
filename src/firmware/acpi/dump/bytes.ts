import { hex } from '../../../util/index.ts';
import { MAX_INPUT_SIZE, problem } from '../table.ts';
import type { Row } from './row.ts';

/** Bytes in the largest number that od prints. */
const widestGroup = 8;

const noBytes = new Uint8Array();

/** A dump that is being put together; rows must follow each other without a gap. */
export class Dump {
  readonly #parts: Uint8Array[] = [];
  #size = 0;
  #radix: number | null = null;
  #repeats = false;

  /** `*`: rows like the last one, up to the next row. */
  repeat(): void {
    this.#repeats = true;
  }

  /** Gives the number of bytes that came, which must be at most `most`. */
  add(row: Row, most: number): number {
    const before = this.#size;
    const address = this.#address(row);
    if (this.#repeats && address > this.#size) this.#fill(row, address - this.#size, most);
    this.#repeats = false;
    const extra = row.bytes.length === 0 ? this.#size - address : 0;
    const filled = extra > 0 && extra < Math.min(widestGroup, this.#last().length);
    if (address !== this.#size && !filled) {
      const field = `line ${row.number}`;
      const expected = `the row at ${hex(this.#size)}`;
      throw problem('acpi', 'dump-gap', row.offset, field, expected, `that at ${row.address}`);
    }
    // hexdump and od fill the last group with zeros; the address behind it tells where the end is.
    if (filled) this.#drop(extra);
    if (this.#size + row.bytes.length - before > most) throw tooLong(row);
    if (row.bytes.length > 0) this.#push(row.bytes);
    return this.#size - before;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #drop(count: number): void {
    const last = this.#last();
    this.#parts[this.#parts.length - 1] = last.subarray(0, -count);
    this.#size -= count;
  }

  /** The row before; every dump has one from its first on, and none is ever empty. */
  #last(): Uint8Array {
    return this.#parts.at(-1) ?? noBytes;
  }

  /** Most print addresses in base 16, od in base 8 or 10: whatever makes the second row follow. */
  #address({ address, colon, bytes }: Row): number {
    if (colon) return Number.parseInt(address, 16);
    if (this.#radix === null && this.#size > 0) {
      const from = bytes.length === 0 ? this.#size - widestGroup + 1 : this.#size;
      const fits = (radix: number) => {
        const at = Number.parseInt(address, radix);
        return at >= from && at <= this.#size;
      };
      this.#radix = [16, 8, 10].find(fits) ?? 16;
    }
    return Number.parseInt(address, this.#radix ?? 16);
  }

  #fill(row: Row, gap: number, most: number): void {
    if (gap > most) throw tooLong(row);
    const { length } = this.#last();
    const filled = new Uint8Array(gap);
    filled.set(this.#last().subarray(0, gap));
    for (let done = length; done < gap; done *= 2) filled.copyWithin(done, 0, done);
    this.#push(filled);
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }
}

function tooLong({ number, offset }: Row) {
  const expected = `at most ${MAX_INPUT_SIZE} bytes in all`;
  return problem('acpi', 'limit', offset, `line ${number}`, expected, 'more');
}
