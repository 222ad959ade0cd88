import type { PrivateMemory } from '../../memory/objects.ts';
import { type RuntimeValue, undef } from '../../memory/value.ts';
import type { Code, Edge } from '../code/code.ts';

const none: readonly RuntimeValue[] = [];

/** A function that is being run. */
export class Frame {
  readonly code: Code;
  readonly registers: RuntimeValue[];
  readonly caller: Frame | null;
  /** The register of the caller for what it returns, and where the caller goes on. */
  readonly to: number;
  readonly edge: Edge | null;
  /** When it was entered; see `Loops`. */
  readonly madeAt: number;
  /** The next step. */
  at = 0;
  /** What it has on the stack. */
  readonly variables: PrivateMemory[] = [];
  /** Operands that it has no names for. */
  readonly others: readonly RuntimeValue[];

  constructor(
    code: Code,
    operands: readonly RuntimeValue[],
    madeAt: number,
    caller: Frame | null = null,
    to = -1,
    edge: Edge | null = null,
  ) {
    this.code = code;
    this.registers = new Array<RuntimeValue>(code.registers).fill(undef);
    for (const [i, register] of code.parameters.entries())
      this.registers[register] = operands[i] ?? undef;
    this.others = code.isVariadic ? operands.slice(code.parameters.length) : none;
    this.madeAt = madeAt;
    this.caller = caller;
    this.to = to;
    this.edge = edge;
  }
}
