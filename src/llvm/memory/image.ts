import { Pointer, type Scalar, type Undef, undef } from './value.ts';

interface Slot {
  readonly size: number;
  readonly value: Scalar;
}

/** What is in memory that nobody shares: values as they were written, at the offsets they were written to. */
export class Image {
  /** Null while there is at most one value: most variables on a stack hold no more ever. */
  #slots: Map<number, Slot> | null = null;
  /** The one value: where it is (-1 while there is none), how large, and what. */
  #at = -1;
  #size = 0;
  #value: Scalar = undef;
  /** As wide as the widest value that was written. */
  #widest = 0;
  /** What was never written is zero. */
  readonly isZeroed: boolean;

  constructor(isZeroed: boolean) {
    this.isZeroed = isZeroed;
  }

  /** What is read of so many bytes; bytes of several values, or of a part of one, are put together. */
  read(offset: number, size: number): Scalar {
    if (this.#slots === null) {
      if (this.#at === offset && this.#size === size) return this.#value;
      if (this.#at < 0) return this.isZeroed ? ofBytes(size, () => 0) : undef;
    }
    const slot = this.#several().get(offset);
    if (slot?.size === size) return slot.value;
    if (!this.#isTouched(offset, size)) return this.isZeroed ? ofBytes(size, () => 0) : undef;
    return ofBytes(size, (i) => this.#byte(offset + i));
  }

  /** @returns whether that changes anything */
  write(offset: number, size: number, value: Scalar): boolean {
    if (this.#slots === null && (this.#at < 0 || (this.#at === offset && this.#size === size))) {
      if (this.#at === offset && this.#value === value) return false;
      this.#at = offset;
      this.#size = size;
      this.#value = value;
      return true;
    }
    const slots = this.#several();
    const slot = slots.get(offset);
    if (slot?.size === size) {
      if (slot.value === value) return false;
    } else this.#split(offset, size);
    this.#set(offset, size, value);
    return true;
  }

  /** The values by their places, also where it is only one. */
  #several(): Map<number, Slot> {
    let slots = this.#slots;
    if (slots === null) {
      slots = new Map();
      this.#slots = slots;
      if (this.#at >= 0) this.#set(this.#at, this.#size, this.#value);
    }
    return slots;
  }

  #set(offset: number, size: number, value: Scalar): void {
    if (size > this.#widest) this.#widest = size;
    this.#several().set(offset, { size, value });
  }

  /** Fill with one byte. */
  fill(offset: number, size: number, byte: number | Undef): void {
    this.clear(offset, size);
    if (typeof byte !== 'number') {
      this.#forget(offset, size);
      return;
    }
    if (byte === 0 && this.isZeroed) return;
    const step = (at: number): number => (at % 8 === 0 && offset + size - at >= 8 ? 8 : 1);
    for (let at = offset; at < offset + size; at += step(at)) {
      const width = step(at);
      this.#set(
        at,
        width,
        ofBytes(width, () => byte),
      );
    }
  }

  /** Forget what is there. */
  clear(offset: number, size: number): void {
    this.#split(offset, size);
  }

  /** Nobody knows what is there, where nothing was written. */
  #forget(offset: number, size: number): void {
    if (!this.isZeroed) return;
    for (let at = offset; at < offset + size; at++)
      if (!this.#isTouched(at, 1)) this.#set(at, 1, undef);
  }

  /** Copy what another one has at a place. */
  copy(to: number, from: Image, offset: number, size: number): void {
    const values = [...from.#several()].filter(
      ([at, slot]) => at >= offset && at + slot.size <= offset + size,
    );
    const isWhole = !from.#isCut(offset) && !from.#isCut(offset + size);
    const bytes = isWhole ? [] : Array.from({ length: size }, (_, i) => from.#byte(offset + i));
    this.clear(to, size);
    if (isWhole) {
      for (const [at, slot] of values) this.#set(to + at - offset, slot.size, slot.value);
      if (from.isZeroed && !this.isZeroed)
        for (let i = 0; i < size; i++) if (!this.#isTouched(to + i, 1)) this.#set(to + i, 1, 0);
      if (!from.isZeroed) this.#forget(to, size);
    } else for (const [i, byte] of bytes.entries()) this.#set(to + i, 1, byte ?? undef);
  }

  /** What was written, where, in the order of places. */
  entries(): (readonly [offset: number, slot: Slot])[] {
    return [...this.#several()].sort(([a], [b]) => a - b);
  }

  /** Whether a value lies across a place. */
  #isCut(at: number): boolean {
    const start = this.#startOf(at);
    return start !== null && start !== at;
  }

  /** Where the value begins that has this byte. */
  #startOf(at: number): number | null {
    for (let start = at; start > at - this.#widest && start >= 0; start--) {
      const slot = this.#several().get(start);
      if (slot !== undefined) return start + slot.size > at ? start : null;
    }
    return null;
  }

  #isTouched(offset: number, size: number): boolean {
    for (let at = offset; at < offset + size; at++) if (this.#several().has(at)) return true;
    return this.#startOf(offset) !== null;
  }

  /** A byte; null where nothing was written. */
  #byte(at: number): number | null {
    const start = this.#startOf(at);
    if (start === null) return this.isZeroed ? 0 : null;
    const { value } = this.#several().get(start) as Slot;
    const shift = 8 * (at - start);
    if (typeof value === 'number') return (value >>> shift) & 0xff;
    if (typeof value === 'bigint') return Number((value >> BigInt(shift)) & 0xffn);
    if (value instanceof Pointer) return Number((value.address >> BigInt(shift)) & 0xffn);
    return null;
  }

  /** Make room: values that reach out of it keep their other bytes. */
  #split(offset: number, size: number): void {
    // Before it is asked how wide they are: of the only one nobody knows that.
    const slots = this.#several();
    for (let at = Math.max(0, offset - this.#widest); at < offset + size; at++) {
      const slot = slots.get(at);
      if (slot === undefined || at + slot.size <= offset) continue;
      const bytes = Array.from({ length: slot.size }, (_, i) => this.#byte(at + i));
      slots.delete(at);
      for (const [i, byte] of bytes.entries())
        if (at + i < offset || at + i >= offset + size) this.#set(at + i, 1, byte ?? undef);
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
