import type { Type } from './type.ts';

/** What is known when the module is read. */
export type Constant =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'null' | 'undef' | 'poison' | 'zero' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'aggregate'; readonly elements: readonly Typed<Constant>[] }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'block'; readonly function: string; readonly label: string }
  | ConstantExpression;

/** An operation on constants: `getelementptr`, `bitcast`, `inttoptr` and so on. */
export interface ConstantExpression {
  readonly kind: 'expression';
  readonly op: string;
  readonly operands: readonly Typed<Constant>[];
  /** Of a cast, what it is cast to; of a `getelementptr`, what the pointer steps over. */
  readonly type: Type | null;
  /** Of a comparison. */
  readonly predicate: string | null;
}

/** An operand of an instruction. */
export type Value =
  | Constant
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'metadata'; readonly metadata: MetadataOperand }
  | { readonly kind: 'asm'; readonly asm: InlineAsm };

/** Assembler text in the middle of C. */
export interface InlineAsm {
  readonly text: string;
  readonly constraints: string;
  readonly hasSideEffects: boolean;
}

/** What a call of `llvm.dbg.*`, or a debug record, says of a value. */
export type MetadataOperand =
  | { readonly kind: 'value'; readonly of: Typed<Value> }
  | { readonly kind: 'node'; readonly id: number }
  | { readonly kind: 'text'; readonly text: string };

export interface Typed<V> {
  readonly type: Type;
  readonly value: V;
}
