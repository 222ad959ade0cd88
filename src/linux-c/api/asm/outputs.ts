import type { External, Scalar, Thread } from '../../../llvm/index.ts';

// What assembler text of every architecture has: operands that its constraints number, and warnings.

/** What `$1` stands for. */
export interface Place {
  readonly isOutput: boolean;
  /** In memory: the operand of the call is its address. */
  readonly isMemory: boolean;
  /** Which operand of the call it is, or takes its value from; null for none. */
  readonly operand: number | null;
}

/** The places that a text numbers, by what LLVM says of each. */
export function placesOf(constraints: string): readonly Place[] {
  const parts = constraints.split(',').filter((part) => part !== '' && !/^[~!]/.test(part));
  let operands = 0;
  const places = parts.map((part): Place => {
    const isOutput = part.startsWith('=');
    const isMemory = /^=?&?\*/.test(part);
    return { isOutput, isMemory, operand: isOutput && !isMemory ? null : operands++ };
  });
  // An output that begins as an input: by its number, or by its register.
  return places.map((place, i) => {
    if (place.operand !== null) return place;
    const register = (parts[i] as string).replace(/^=&?/, '');
    const from = parts.findIndex(
      (part, j) => part === String(i) || (part === register && register.startsWith('{') && j > i),
    );
    return from < 0 ? place : { ...place, operand: places[from]?.operand ?? null };
  });
}

/** A text that does nothing: every output is what it was before. Null where one was nothing before. */
export function kept(constraints: string): External | null {
  const outputs = placesOf(constraints).filter(({ isOutput, isMemory }) => isOutput && !isMemory);
  if (outputs.some(({ operand }) => operand === null)) return null;
  return function* (_thread, operands) {
    const values = outputs.map(({ operand }) => operands[operand as number] as Scalar);
    return values.length === 1 ? (values[0] as Scalar) : values.length === 0 ? 0n : values;
  };
}

/** What the kernel says there: a warning, after which it goes on, or a bug. */
export function reported({ memory }: Thread, isWarning: boolean): Scalar {
  if (!isWarning) memory.crash('warn', memory.functionName, 'BUG()');
  memory.report('warn', memory.functionName, 'WARN()');
  return 0n;
}

export const nothing: External = function* () {
  return 0n;
};
