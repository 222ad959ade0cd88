import { Image } from '../../memory/image.ts';
import type { RuntimeValue, Scalar } from '../../memory/value.ts';
import { flat } from './aggregates.ts';

/**
 * What a `va_list` is made of. Where the first operands would be in registers, it says that these are
 * used up, so that all are looked for in memory.
 */
export interface ArgumentList {
  /** In bytes. */
  readonly size: number;
  /** Null is the pointer to where the operands lie. */
  readonly parts: readonly {
    readonly offset: number;
    readonly size: number;
    readonly value: Scalar | null;
  }[];
}

const x86: ArgumentList = {
  size: 24,
  parts: [
    { offset: 0, size: 4, value: 48 },
    { offset: 4, size: 4, value: 176 },
    { offset: 8, size: 8, value: null },
    { offset: 16, size: 8, value: 0n },
  ],
};
const arm: ArgumentList = {
  size: 32,
  parts: [
    { offset: 0, size: 8, value: null },
    { offset: 8, size: 8, value: 0n },
    { offset: 16, size: 8, value: 0n },
    { offset: 24, size: 4, value: 0 },
    { offset: 28, size: 4, value: 0 },
  ],
};
const pointer: ArgumentList = { size: 8, parts: [{ offset: 0, size: 8, value: null }] };

/** By what a module is compiled for. */
export function argumentList(triple: string): ArgumentList {
  if (/^x86_64(?!.*windows)/.test(triple)) return x86;
  return /^aarch64(?!.*(?:apple|windows))/.test(triple) ? arm : pointer;
}

const slot = 8;

/** Operands as they lie in memory, one behind another. */
export function argumentImage(operands: readonly RuntimeValue[]): Image {
  const image = new Image(false);
  for (const [i, value] of operands.flatMap(flat).entries())
    image.write(slot * i, typeof value === 'number' ? 4 : slot, value as Scalar);
  return image;
}

/** How many bytes they have. */
export function argumentSize(operands: readonly RuntimeValue[]): number {
  return slot * operands.flatMap(flat).length;
}
