import { ModelError } from '../../explore/index.ts';
import type { Module } from '../ir/module.ts';
import { type Type, typeText } from '../ir/type.ts';

/** Size and alignment, in bytes. */
export interface Extent {
  readonly size: number;
  readonly align: number;
}

/** A structure: where its fields are. */
export interface StructLayout extends Extent {
  readonly offsets: readonly number[];
}

const floatSizes = {
  half: 2,
  bfloat: 2,
  float: 4,
  double: 8,
  x86_fp80: 16,
  fp128: 16,
  ppc_fp128: 16,
} as const;

/** Of one structure or array in a register. */
const mostValues = 4096;

const mostNested = 500;

/** Sizes and offsets of the types of one module, by its data layout. */
export class Layout {
  readonly module: Module;
  readonly isBigEndian: boolean;
  readonly pointerSize: number;
  /** Alignment in bytes of integers, by their width in bits. */
  readonly #ints = new Map([
    [1, 1],
    [8, 1],
    [16, 2],
    [32, 4],
    [64, 4],
  ]);
  readonly #structs = new Map<Type, StructLayout>();
  #depth = 0;
  readonly #counts = new Map<Type, number>();

  constructor(module: Module) {
    this.module = module;
    const words = module.dataLayout.split('-');
    this.isBigEndian = words.includes('E');
    const [, bits = '64'] = words.map((word) => /^p:(\d+)/.exec(word)).find(Boolean) ?? [];
    this.pointerSize = Number(bits) / 8;
    for (const word of words) {
      const [, width, align] = /^i(\d+):(\d+)/.exec(word) ?? [];
      if (width !== undefined) this.#ints.set(Number(width), Number(align) / 8);
    }
  }

  /** @throws ModelError for a type that has no size */
  extent(type: Type): Extent {
    if (++this.#depth > mostNested) this.#tooDeep();
    const extent = this.#extent(type);
    this.#depth--;
    return extent;
  }

  #tooDeep(): never {
    this.#depth = 0;
    throw new ModelError(`more than ${mostNested} types within one another`);
  }

  #extent(type: Type): Extent {
    switch (type.kind) {
      case 'int': {
        const align = this.#intAlign(type.bits);
        return { size: roundUp(Math.ceil(type.bits / 8), align), align };
      }
      case 'float': {
        const size = floatSizes[type.name];
        return { size, align: size };
      }
      case 'pointer':
      case 'function':
        return { size: this.pointerSize, align: this.pointerSize };
      case 'array': {
        const { size, align } = this.extent(type.element);
        return { size: size * type.count, align };
      }
      case 'vector': {
        const size = this.extent(type.element).size * type.count;
        return { size, align: 2 ** Math.ceil(Math.log2(Math.max(1, size))) };
      }
      case 'struct':
        return this.struct(type);
      case 'named': {
        const resolved = this.module.resolve(type);
        if (resolved.kind !== 'opaque') return this.extent(resolved);
      }
    }
    this.#depth = 0;
    throw new ModelError(`${typeText(type)} has no size`);
  }

  /** As wide an integer as the next that the data layout speaks of. */
  #intAlign(bits: number): number {
    const known = this.#ints.get(bits);
    if (known !== undefined) return known;
    const widths = [...this.#ints.keys()].sort((a, b) => a - b);
    const width = widths.find((one) => one >= bits) ?? widths.at(-1);
    return this.#ints.get(width ?? 64) ?? 8;
  }

  struct(type: Type & { readonly kind: 'struct' }): StructLayout {
    const known = this.#structs.get(type);
    if (known !== undefined) return known;
    const offsets: number[] = [];
    let size = 0;
    let align = 1;
    for (const field of type.fields) {
      const extent = this.extent(field);
      const wanted = type.packed ? 1 : extent.align;
      size = roundUp(size, wanted);
      offsets.push(size);
      size += extent.size;
      align = Math.max(align, wanted);
    }
    const layout = { size: roundUp(size, align), align, offsets };
    this.#structs.set(type, layout);
    return layout;
  }

  /** The type inside another at an index, and how far in it is. */
  step(type: Type, index: number): { readonly type: Type; readonly offset: number } {
    const whole = this.module.resolve(type);
    if (whole.kind === 'struct') {
      const field = whole.fields[index];
      const offset = this.struct(whole).offsets[index];
      if (field !== undefined && offset !== undefined) return { type: field, offset };
    } else if (whole.kind === 'array' || whole.kind === 'vector')
      return { type: whole.element, offset: index * this.extent(whole.element).size };
    throw new ModelError(`${typeText(type)} has no element ${index}`);
  }

  /** How many values a type is made of. */
  #count(type: Type): number {
    const whole = this.module.resolve(type);
    const known = this.#counts.get(whole);
    if (known !== undefined) return known;
    if (++this.#depth > mostNested) this.#tooDeep();
    let count = 1;
    if (whole.kind === 'struct')
      count = whole.fields.reduce((all, field) => all + this.#count(field), 0);
    else if (whole.kind === 'array' || whole.kind === 'vector')
      count = whole.count * this.#count(whole.element);
    this.#depth--;
    this.#counts.set(whole, count);
    return count;
  }

  /** @throws ModelError for a type of more values than can be handled as one */
  checkCount(type: Type): void {
    if (this.#count(type) > mostValues)
      throw new ModelError(`more than ${mostValues} values as one are not supported`);
  }

  /** What a type is made of that is read and written as one, with where it is. */
  *scalars(type: Type, at = 0): Generator<{ readonly type: Type; readonly offset: number }> {
    if (at === 0) this.checkCount(type);
    const whole = this.module.resolve(type);
    if (whole.kind === 'struct') {
      const { offsets } = this.struct(whole);
      for (const [i, field] of whole.fields.entries())
        yield* this.scalars(field, at + (offsets[i] as number));
    } else if (whole.kind === 'array') {
      const { size } = this.extent(whole.element);
      for (let i = 0; i < whole.count; i++) yield* this.scalars(whole.element, at + i * size);
    } else yield { type: whole, offset: at };
  }
}

export function roundUp(size: number, align: number): number {
  return Math.ceil(size / align) * align;
}
