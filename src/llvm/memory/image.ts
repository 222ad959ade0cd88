import { type Scalar, undef } from './value.ts';

interface Slot {
  readonly size: number;
  readonly value: Scalar;
}

/** The widest access, in bytes. */
const widest = 16;

/** What is in memory that nobody shares: values as they were written, at the offsets they were written to. */
export class Image {
  readonly #slots = new Map<number, Slot>();
  /** What was never written is zero. */
  readonly isZeroed: boolean;

  constructor(isZeroed: boolean) {
    this.isZeroed = isZeroed;
  }

  /** What is read of so many bytes; bytes of several values, or of a part of one, are put together. */
  read(offset: number, size: number): Scalar {
    const slot = this.#slots.get(offset);
    if (slot?.size === size) return slot.value;
    if (!this.#isTouched(offset, size)) return this.isZeroed ? ofBytes(size, () => 0) : undef;
    return ofBytes(size, (i) => this.#byte(offset + i));
  }

  /** @returns whether that changes anything */
  write(offset: number, size: number, value: Scalar): boolean {
    const slot = this.#slots.get(offset);
    if (slot?.size === size) {
      if (slot.value === value) return false;
    } else this.#split(offset, size);
    this.#slots.set(offset, { size, value });
    return true;
  }

  /** Fill with one byte. */
  fill(offset: number, size: number, byte: number): void {
    this.clear(offset, size);
    if (byte === 0 && this.isZeroed) return;
    const step = (at: number): number => (at % 8 === 0 && offset + size - at >= 8 ? 8 : 1);
    for (let at = offset; at < offset + size; at += step(at)) {
      const width = step(at);
      this.#slots.set(at, { size: width, value: ofBytes(width, () => byte) });
    }
  }

  /** Forget what is there. */
  clear(offset: number, size: number): void {
    this.#split(offset, size);
  }

  /** Copy what another one has at a place. */
  copy(to: number, from: Image, offset: number, size: number): void {
    const values = [...from.#slots].filter(
      ([at, slot]) => at >= offset && at + slot.size <= offset + size,
    );
    const isWhole = !from.#isCut(offset) && !from.#isCut(offset + size);
    const bytes = isWhole ? [] : Array.from({ length: size }, (_, i) => from.#byte(offset + i));
    this.clear(to, size);
    if (isWhole) {
      for (const [at, slot] of values) this.#slots.set(to + at - offset, slot);
      if (from.isZeroed && !this.isZeroed)
        for (let i = 0; i < size; i++)
          if (!this.#isTouched(to + i, 1)) this.#slots.set(to + i, { size: 1, value: 0 });
    } else
      for (const [i, byte] of bytes.entries())
        this.#slots.set(to + i, { size: 1, value: byte ?? undef });
  }

  /** What was written, where, in the order of places. */
  entries(): (readonly [offset: number, slot: Slot])[] {
    return [...this.#slots].sort(([a], [b]) => a - b);
  }

  /** Whether a value lies across a place. */
  #isCut(at: number): boolean {
    const start = this.#startOf(at);
    return start !== null && start !== at;
  }

  /** Where the value begins that has this byte. */
  #startOf(at: number): number | null {
    for (let start = at; start > at - widest && start >= 0; start--) {
      const slot = this.#slots.get(start);
      if (slot !== undefined) return start + slot.size > at ? start : null;
    }
    return null;
  }

  #isTouched(offset: number, size: number): boolean {
    for (let at = offset; at < offset + size; at++) if (this.#slots.has(at)) return true;
    return this.#startOf(offset) !== null;
  }

  /** A byte; null where nothing was written, or part of a pointer. */
  #byte(at: number): number | null {
    const start = this.#startOf(at);
    if (start === null) return this.isZeroed ? 0 : null;
    const { value } = this.#slots.get(start) as Slot;
    const shift = 8 * (at - start);
    if (typeof value === 'number') return (value >>> shift) & 0xff;
    if (typeof value === 'bigint') return Number((value >> BigInt(shift)) & 0xffn);
    return null;
  }

  /** Make room: values that reach out of it keep their other bytes. */
  #split(offset: number, size: number): void {
    for (let at = Math.max(0, offset - widest); at < offset + size; at++) {
      const slot = this.#slots.get(at);
      if (slot === undefined || at + slot.size <= offset) continue;
      const bytes = Array.from({ length: slot.size }, (_, i) => this.#byte(at + i));
      this.#slots.delete(at);
      for (const [i, byte] of bytes.entries())
        if (at + i < offset || at + i >= offset + size)
          this.#slots.set(at + i, { size: 1, value: byte ?? undef });
    }
  }
}

/** Bytes, the lowest first, as one value. */
function ofBytes(size: number, byteAt: (i: number) => number | null): Scalar {
  if (size > 4) {
    let value = 0n;
    for (let i = 0; i < size; i++) {
      const byte = byteAt(i);
      if (byte === null) return undef;
      value |= BigInt(byte) << BigInt(8 * i);
    }
    return value;
  }
  let value = 0;
  for (let i = 0; i < size; i++) {
    const byte = byteAt(i);
    if (byte === null) return undef;
    value += byte * 2 ** (8 * i);
  }
  return value;
}
