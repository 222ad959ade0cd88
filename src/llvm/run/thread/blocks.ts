import type { Task } from '../../../explore/index.ts';
import { partsOf } from '../../layout/debug.ts';
import { Image } from '../../memory/image.ts';
import { PrivateMemory, Variable } from '../../memory/objects.ts';
import { type Scalar, undef } from '../../memory/value.ts';
import { big, cut } from '../values/arithmetic.ts';
import { stepped } from '../values/constants.ts';
import { Access } from './access.ts';
import type { Common, Own } from './places.ts';

/** A value in a stretch of memory, from where this begins. */
interface Part {
  readonly offset: number;
  readonly size: number;
}

type Place = Own | Common;

/** In bytes: it is done value by value. */
const mostAtOnce = 1 << 20;

/** What one task does to many bytes at once: value by value, where others know of them. */
export class Blocks extends Access {
  /** @param mayOverlap the target is what the source was, even where it lies across the source */
  *copy(to: Scalar, from: Scalar, size: number, mayOverlap = true): Task {
    if (size === 0) return;
    this.#checkSize(size);
    const source = this.target(from, size, 'read');
    const target = this.target(to, size, 'written');
    const ahead = source.memory === target.memory ? target.offset - source.offset : 0;
    if (!mayOverlap && ahead !== 0 && Math.abs(ahead) < size)
      this.crash('property', this.functionName, 'memory is copied to where it overlaps itself');
    if (source.memory instanceof PrivateMemory && target.memory instanceof PrivateMemory) {
      const copy = new Image(source.memory.image.isZeroed);
      copy.copy(0, source.memory.image, source.offset, size);
      target.memory.image.copy(target.offset, copy, 0, size);
      this.loops.changes(target.memory);
      return;
    }
    const parts = partsBetween(source, target, size);
    // From the end, where it would come across what is still to be read.
    if (ahead > 0) parts.reverse();
    for (const { offset, size: part } of parts) {
      const value = yield* this.load(stepped(from, BigInt(offset)), part);
      yield* this.store(stepped(to, BigInt(offset)), part, value);
    }
  }

  #checkSize(size: number): void {
    if (size > mostAtOnce)
      this.fail(`${size} bytes are written at once: more than ${mostAtOnce} are not supported`);
  }

  *fill(to: Scalar, byte: Scalar, size: number): Task {
    if (size === 0) return;
    this.#checkSize(size);
    const target = this.target(to, size, 'written');
    const known = byte === undef ? undef : Number(big(byte) & 0xffn);
    if (target.memory instanceof PrivateMemory) {
      target.memory.image.fill(target.offset, size, known);
      this.loops.changes(target.memory);
      return;
    }
    for (const { offset, size: part } of partsBetween(target, target, size)) {
      const value = typeof known === 'number' ? repeated(known, part) : undef;
      yield* this.store(stepped(to, BigInt(offset)), part, value);
    }
  }
}

/** One byte again and again. */
function repeated(byte: number, size: number): Scalar {
  let value = 0n;
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(byte);
  return cut(value, 8 * size);
}

/** The values that a stretch of memory is made of, as one of both sides has them; all of its bytes but padding. */
function partsBetween(source: Place, target: Place, size: number): Part[] {
  const parts: Part[] = [];
  let at = 0;
  const upTo = (end: number): void => {
    while (at < end) {
      const width = widthAt(source.offset + at, end - at);
      parts.push({ offset: at, size: width });
      at += width;
    }
  };
  const typed =
    [source, target].find(({ memory }) => memory.debug !== null) ??
    [source, target].find(({ memory }) => memory instanceof Variable && memory.parts !== null);
  const padding = typed === undefined ? [{ offset: 0, size }] : written(source);
  /** What no value is known of: all of it, or what was written to padding. */
  const between = (end: number): void => {
    for (const { offset, size: width } of padding) {
      if (offset >= end || offset + width <= at) continue;
      at = Math.max(at, offset);
      upTo(Math.min(end, offset + width));
    }
    at = Math.max(at, end);
  };
  for (const { offset, size: width } of typed === undefined
    ? written(source, target)
    : typedParts(typed)) {
    const end = offset + width;
    if (end <= at || offset >= size) continue;
    if (offset >= at && end <= size) {
      between(offset);
      parts.push({ offset, size: width });
      at = end;
    } else {
      between(Math.max(at, offset));
      upTo(Math.min(end, size));
    }
  }
  between(size);
  return parts;
}

/** How much is taken as one value where nobody knows. */
function widthAt(at: number, left: number): number {
  let width = 8;
  while (width > left || at % width !== 0) width /= 2;
  return width;
}

function typedParts({ memory, offset: from }: Place): Part[] {
  const parts =
    memory.debug !== null
      ? partsOf(memory.debug, memory.size)
      : memory instanceof Variable
        ? (memory.parts?.() ?? [])
        : [];
  return parts.map(({ offset, size }) => ({ offset: offset - from, size }));
}

/** What was written to whichever is the task's own. */
function written(...places: readonly Place[]): Part[] {
  const own = places.find((place): place is Own => place.memory instanceof PrivateMemory);
  if (own === undefined) return [];
  return own.memory.image
    .entries()
    .map(([at, slot]) => ({ offset: at - own.offset, size: slot.size }));
}
