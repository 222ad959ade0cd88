import { Pointing } from '../../explore/index.ts';

/** Something that a pointer can lead to: a variable, an allocation, a function. */
export interface Memory {
  /** In bytes. */
  readonly size: number;
  /** Where it would be if memory were one: for comparisons of pointers that do not belong together. */
  readonly base: bigint;
  /** How reports call it. */
  readonly text: string;
  /** How they call a place in it. */
  placeText(offset: number): string;
  /** The pointer to a place in it: always the same one. */
  at(offset: number): Pointer;
}

/** An address inside of an object. What it leads to is known however it is calculated with. */
export class Pointer extends Pointing {
  readonly memory: Memory;
  readonly offset: number;

  constructor(memory: Memory, offset: number) {
    super();
    this.memory = memory;
    this.offset = offset;
  }

  override get object(): Memory {
    return this.memory;
  }

  get address(): bigint {
    return BigInt.asUintN(64, this.memory.base + BigInt(this.offset));
  }

  get text(): string {
    const { memory, offset } = this;
    return offset === 0 ? memory.text : `&${memory.placeText(offset)}`;
  }
}

/** The pointers to one object, each made once, so that equal ones are the same. */
export class Pointers {
  readonly #known = new Map<number, Pointer>();

  at(memory: Memory, offset: number): Pointer {
    let pointer = this.#known.get(offset);
    if (pointer === undefined) {
      pointer = new Pointer(memory, offset);
      this.#known.set(offset, pointer);
    }
    return pointer;
  }
}

/** What was never written, or what LLVM calls undef or poison. */
export const undef = { text: 'undefined' } as const;
export type Undef = typeof undef;

/**
 * What a register or a place in memory holds. Integers of up to 32 bits are numbers without a sign,
 * wider ones are BigInts without a sign; a pointer is one, or a BigInt when it leads nowhere (NULL is 0n),
 * and an integer that was made of a pointer is still that pointer.
 */
export type Scalar = number | bigint | Pointer | Undef;
export type RuntimeValue = Scalar | readonly RuntimeValue[];

export const isWide = (bits: number): boolean => bits > 32;

/** Zero, of so many bits. */
export function zero(bits: number): Scalar {
  return isWide(bits) ? 0n : 0;
}
